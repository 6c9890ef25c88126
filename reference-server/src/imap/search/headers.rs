//! The headers of messages that were found, for what sorts and threads them.

use std::sync::Arc;

use super::{Content, Found};
use crate::imap::order::{Criterion, Facts, Key, keys};
use crate::message::{Header, Span, header_end};
use crate::store::{MailboxId, Message, Opened, Store, StoreError, Uid};

/// How much of a header is looked through for its fields, in octets.
const LIMIT: u64 = 1024 * 1024;

/// How many messages are looked at together at most.
const CHUNK: usize = 256;

/// What is made of each message's header, in their order. A message that was expunged meanwhile
/// is left out.
pub(crate) async fn from_headers<T: Send + 'static>(
    store: &Store,
    mailbox: MailboxId,
    found: Vec<Found>,
    make: impl Fn(&Facts<'_>) -> T + Send + Sync + 'static,
) -> Result<Vec<(Found, T)>, StoreError> {
    let make = Arc::new(make);
    let mut made = Vec::with_capacity(found.len());
    let mut rest = found.as_slice();
    while !rest.is_empty() {
        let chunk = rest.get(..CHUNK.min(rest.len())).unwrap_or_default();
        let uids: Vec<Uid> = chunk.iter().map(|found| found.uid).collect();
        let look = {
            let make = Arc::clone(&make);
            move |_, opened: Option<&Opened<'_>>| opened.map(|opened| look(opened, &*make)).transpose()
        };
        let seen = store.look(mailbox, uids, look).await?;
        let count = seen.len().min(rest.len());
        for (message, seen) in rest.iter().zip(seen) {
            match seen {
                Some(Seen::Made(value)) => made.push((*message, value)),
                Some(Seen::Long(long)) => {
                    let octets = match store.body_range(long.body, 0, LIMIT).await {
                        Ok(octets) => octets,
                        Err(StoreError::NoSuchMessage) => continue,
                        Err(error) => return Err(error),
                    };
                    made.push((*message, make(&facts(&octets, &long))));
                }
                None => {}
            }
        }
        rest = rest.get(count..).unwrap_or_default();
    }
    Ok(made)
}

/// What a look at a message has given.
enum Seen<T> {
    Made(T),
    /// Its header is long.
    Long(Box<Message>),
}

fn look<T>(opened: &Opened<'_>, make: impl Fn(&Facts<'_>) -> T) -> Result<Seen<T>, StoreError> {
    let (front, message) = (opened.front(Content::WINDOW)?, &opened.message);
    let cut = u64::try_from(front.len()).is_ok_and(|length| length < message.octets.0);
    if cut && header_end(&front) == front.len() {
        return Ok(Seen::Long(Box::new(message.clone())));
    }
    Ok(Seen::Made(make(&facts(&front, message))))
}

fn facts<'m>(front: &'m [u8], message: &Message) -> Facts<'m> {
    let header = Header::new(front, Span::new(0, header_end(front)));
    Facts::new(header, message.internal_date, message.octets.0)
}

/// The messages with what they are sorted by.
pub(crate) async fn with_keys(
    store: &Store,
    mailbox: MailboxId,
    found: Vec<Found>,
    criteria: &[Criterion],
    sent: fn(&Facts<'_>) -> time::OffsetDateTime,
) -> Result<Vec<(Found, Vec<Key>)>, StoreError> {
    let criteria = criteria.to_vec();
    from_headers(store, mailbox, found, move |facts| keys(&criteria, facts, sent)).await
}
