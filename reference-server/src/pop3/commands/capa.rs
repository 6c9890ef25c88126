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

/// The capabilities of that situation, each as `told`.
pub(in super::super) fn run(situation: &Situation, told: fn(String) -> String) -> Reply {
    let lines = capabilities(situation).into_iter().map(told).collect();
    Reply::Multi("capabilities follow".to_owned(), Payload::Lines(lines))
}
