//! `RETR msg` (RFC 1939, section 5): a whole message.

use super::super::maildrop::Maildrop;
use super::super::registry::{Request, Spec, State, unannounced};
use super::super::reply::{Payload, Reply};
use super::super::session::body_of;
use super::super::syntax::MessageNumber;
use super::utf8::{Reads, readable};
use crate::store::Store;

/// `RETR` with a message-number.
pub(in super::super) const SPEC: Spec = Spec {
    keyword: "RETR",
    states: &[State::Transaction],
    parse: |arguments| arguments.number().map(Request::Retr),
    capability: unannounced,
};

/// Sends the message.
pub(in super::super) async fn run(
    store: &Store,
    maildrop: &mut Maildrop,
    number: MessageNumber,
    reads: Reads,
) -> Reply {
    match body_of(store, maildrop, number).await {
        Ok((entry, first)) => {
            if let Err(refusal) = readable(reads, &first) {
                return refusal;
            }
            maildrop.retrieve(number);
            let text = format!("{} octets", entry.octets);
            Reply::Multi(text, Payload::Message { body: entry.body, first, octets: u64::MAX })
        }
        Err(refusal) => refusal,
    }
}
