//! The headers of messages that were found, for what sorts and threads them. A header is looked through
//! whole, however long it is, and what is made of all of them is bounded.

use std::sync::Arc;

use super::{Content, Found};
use crate::imap::order::{Criterion, Facts, Key, SortedBy, keys};
use crate::message::selection::Selection;
use crate::message::{Header, Keep, Span, header_end};
use crate::store::{MailboxId, Message, Opened, READ, Store, StoreError, Uid};

/// The fields by which messages are sorted and threaded.
const FIELDS: [&[u8]; 8] =
    [b"Date", b"Subject", b"From", b"To", b"Cc", b"Message-ID", b"References", b"In-Reply-To"];

/// How much of these fields of one message is looked at, in octets.
const LIMIT: usize = 1024 * 1024;

/// How much may be made of all headers together, in octets: it is held until all are in order.
const ROOM: usize = 256 * 1024 * 1024;

/// What is made of a header.
pub(crate) trait Made: Send + 'static {
    /// What it takes of memory, more or less, in octets.
    fn octets(&self) -> usize;
}

/// How many messages are looked at together at most.
const CHUNK: usize = 256;

/// What is made of each message's header, in their order. A message that was expunged meanwhile
/// is left out.
///
/// # Errors
/// [`StoreError::TooMany`] where it would be more than there is room for.
pub(crate) async fn from_headers<T: Made>(
    store: &Store,
    mailbox: MailboxId,
    found: Vec<Found>,
    make: impl Fn(&Facts<'_>) -> T + Send + Sync + 'static,
) -> Result<Vec<(Found, T)>, StoreError> {
    let make = Arc::new(make);
    let mut made = Vec::with_capacity(found.len());
    let mut room = ROOM;
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
                Some(Seen::Long(long)) => match fields_of(store, &long).await {
                    Ok(octets) => made.push((*message, make(&facts(&octets, &long)))),
                    Err(StoreError::NoSuchMessage) => continue,
                    Err(error) => return Err(error),
                },
                None => continue,
            }
            let octets = made.last().map_or(0, |(_, value)| value.octets());
            room = room.checked_sub(octets).ok_or(StoreError::TooMany)?;
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

/// The fields that matter, of a header that is too long to be read at once.
async fn fields_of(store: &Store, message: &Message) -> Result<Vec<u8>, StoreError> {
    let kept = store.structure(message.body).await?;
    let span = kept.parts().ok_or_else(StoreError::damaged_structure)?.root.header;
    let octets = |count| u64::try_from(count).unwrap_or(u64::MAX);
    let (mut from, end) = (octets(span.start), octets(span.end));
    let names = FIELDS.map(<[u8]>::to_vec);
    let mut selection = Selection::new(&names, Keep::Named);
    let mut fields = Vec::new();
    while from < end && fields.len() < LIMIT {
        let piece = store.body_range(message.body, from, READ.min(end.saturating_sub(from))).await?;
        selection.feed(&piece, &mut fields);
        from = from.saturating_add(READ);
    }
    selection.finish(&mut fields);
    fields.truncate(LIMIT);
    Ok(fields)
}

fn facts<'m>(front: &'m [u8], message: &Message) -> Facts<'m> {
    let header = Header::new(front, Span::new(0, header_end(front)));
    Facts::new(header, message.internal_date, message.octets.0)
}

impl Made for Vec<Key> {
    fn octets(&self) -> usize {
        self.iter().map(Key::octets).fold(size_of::<(Found, Self)>(), usize::saturating_add)
    }
}

/// The messages with what they are sorted by.
pub(crate) async fn with_keys(
    store: &Store,
    mailbox: MailboxId,
    found: Vec<Found>,
    criteria: &[Criterion],
    sorted: SortedBy,
) -> Result<Vec<(Found, Vec<Key>)>, StoreError> {
    let criteria = criteria.to_vec();
    from_headers(store, mailbox, found, move |facts| keys(&criteria, facts, sorted)).await
}
