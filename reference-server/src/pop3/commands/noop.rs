//! `NOOP` (RFC 1939, section 5): a positive reply and nothing else.

use super::super::registry::{Request, Spec, State, unannounced};
use super::super::reply::Reply;

/// `NOOP`, without arguments.
pub(in super::super) const SPEC: Spec = Spec {
    keyword: "NOOP",
    states: &[State::Transaction],
    parse: |arguments| arguments.none().map(|()| Request::Noop),
    capability: unannounced,
};

/// Does nothing.
pub(in super::super) fn run() -> Reply {
    Reply::ok("nothing done")
}
