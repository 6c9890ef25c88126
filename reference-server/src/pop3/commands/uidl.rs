//! `UIDL [msg]` (RFC 1939, section 7): the unique-id of each message, or of one.

use super::super::maildrop::Maildrop;
use super::super::registry::{Request, Spec, State};
use super::super::reply::{Payload, Reply};
use super::super::syntax::MessageNumber;

/// `UIDL` with or without a message-number.
pub(in super::super) const SPEC: Spec = Spec {
    keyword: "UIDL",
    states: &[State::Transaction],
    parse: |arguments| arguments.optional_number().map(Request::Uidl),
    capability: |_| Some("UIDL".into()),
};

/// Unique-id listings: all that are not marked, or the one asked for.
pub(in super::super) fn run(maildrop: &Maildrop, number: Option<MessageNumber>) -> Reply {
    match number {
        Some(number) => match maildrop.get(number) {
            Ok(entry) => Reply::ok(format!("{} {}", number.0, maildrop.unique_id(entry))),
            Err(refusal) => refusal,
        },
        None => {
            let lines =
                maildrop.kept().map(|(number, entry)| format!("{number} {}", maildrop.unique_id(entry)));
            Reply::Multi("unique-ids follow".to_owned(), Payload::Lines(lines.collect()))
        }
    }
}
