//! `DELE msg` (RFC 1939, section 5): marks a message; it goes when QUIT enters
//! the UPDATE state.

use super::super::maildrop::Maildrop;
use super::super::registry::{Request, Spec, State, unannounced};
use super::super::reply::Reply;
use super::super::syntax::MessageNumber;

/// `DELE` with a message-number.
pub(in super::super) const SPEC: Spec = Spec {
    keyword: "DELE",
    states: &[State::Transaction],
    parse: |arguments| arguments.number().map(Request::Dele),
    capability: unannounced,
};

/// Marks the message.
pub(in super::super) fn run(maildrop: &mut Maildrop, number: MessageNumber) -> Reply {
    match maildrop.mark(number) {
        Ok(()) => Reply::ok(format!("message {} marked", number.0)),
        Err(refusal) => refusal,
    }
}
