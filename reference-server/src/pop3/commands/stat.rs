//! `STAT` (RFC 1939, section 5): how many messages, how many octets.

use super::super::maildrop::Maildrop;
use super::super::registry::{Request, Spec, State, unannounced};
use super::super::reply::Reply;

/// `STAT`, without arguments.
pub(in super::super) const SPEC: Spec = Spec {
    keyword: "STAT",
    states: &[State::Transaction],
    parse: |arguments| arguments.none().map(|()| Request::Stat),
    capability: unannounced,
};

/// The drop listing, with nothing added to it.
pub(in super::super) fn run(maildrop: &Maildrop) -> Reply {
    let (count, octets) = maildrop.totals();
    Reply::ok(format!("{count} {octets}"))
}
