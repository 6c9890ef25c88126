//! `RSET` (RFC 1939, section 5): takes every mark away.

use super::super::maildrop::Maildrop;
use super::super::registry::{Request, Spec, State, unannounced};
use super::super::reply::Reply;

/// `RSET`, without arguments.
pub(in super::super) const SPEC: Spec = Spec {
    keyword: "RSET",
    states: &[State::Transaction],
    parse: |arguments| arguments.none().map(|()| Request::Rset),
    capability: unannounced,
};

/// Unmarks all messages, if `unmarks` says so.
pub(in super::super) fn run(maildrop: &mut Maildrop, unmarks: fn() -> bool) -> Reply {
    if unmarks() {
        maildrop.unmark_all();
    }
    Reply::ok(format!("maildrop has {}", maildrop.summary()))
}
