//! `LIST [msg]` (RFC 1939, section 5): the size of each message, or of one.

use super::super::maildrop::Maildrop;
use super::super::registry::{Request, Spec, State, unannounced};
use super::super::reply::{Payload, Reply};
use super::super::syntax::MessageNumber;

/// `LIST` with or without a message-number.
pub(in super::super) const SPEC: Spec = Spec {
    keyword: "LIST",
    states: &[State::Transaction],
    parse: |arguments| arguments.optional_number().map(Request::List),
    capability: unannounced,
};

/// Scan listings: all that are not marked, or the one asked for.
pub(in super::super) fn run(maildrop: &Maildrop, number: Option<MessageNumber>) -> Reply {
    match number {
        Some(number) => match maildrop.get(number) {
            Ok(entry) => Reply::ok(format!("{} {}", number.0, entry.octets)),
            Err(refusal) => refusal,
        },
        None => {
            let lines = maildrop.kept().map(|(number, entry)| format!("{number} {}", entry.octets));
            Reply::Multi(maildrop.summary(), Payload::Lines(lines.collect()))
        }
    }
}
