//! `CAPA` (RFC 2449, section 5): what the server can do.

use super::super::registry::{Request, Situation, Spec, State, capabilities, unannounced};
use super::super::reply::{Payload, Reply};

/// `CAPA`, without arguments, in both states.
pub(in super::super) const SPEC: Spec = Spec {
    keyword: "CAPA",
    states: &[State::Authorization, State::Transaction],
    parse: |arguments| arguments.none().map(|()| Request::Capa),
    capability: unannounced,
};

/// The capabilities of that situation.
pub(in super::super) fn run(situation: &Situation) -> Reply {
    Reply::Multi("capabilities follow".to_owned(), Payload::Lines(capabilities(situation)))
}
