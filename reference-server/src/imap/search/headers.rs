//! The headers of messages that were found, for what sorts and threads them.

use std::sync::Arc;

use super::Found;
use crate::imap::order::{Criterion, Facts, Key, keys};
use crate::message::{Header, Span, header_end};
use crate::store::{Store, StoreError};

/// How much of a message is read at first: most headers are shorter, in octets.
const WINDOW: u64 = 16 * 1024;

/// How much of a header is looked through for its fields, in octets.
const LIMIT: u64 = 1024 * 1024;

/// What is made of each message's header, in their order. A message that was expunged meanwhile
/// is left out.
pub(crate) async fn from_headers<T>(
    store: &Store,
    found: Vec<Found>,
    make: impl Fn(&Facts<'_>) -> T,
) -> Result<Vec<(Found, T)>, StoreError> {
    let mut made = Vec::with_capacity(found.len());
    for message in found {
        let octets = match header(store, &message).await {
            Ok(octets) => octets,
            Err(StoreError::NoSuchMessage) => continue,
            Err(error) => return Err(error),
        };
        let header = Header::new(&octets, Span::new(0, header_end(&octets)));
        let value = make(&Facts::new(header, message.internal_date, message.octets.0));
        made.push((message, value));
    }
    Ok(made)
}

/// The messages with what they are sorted by.
pub(crate) async fn with_keys(
    store: &Store,
    found: Vec<Found>,
    criteria: &[Criterion],
    sent: fn(&Facts<'_>) -> time::OffsetDateTime,
) -> Result<Vec<(Found, Vec<Key>)>, StoreError> {
    from_headers(store, found, |facts| keys(criteria, facts, sent)).await
}

/// A front of the message that holds its header, as far as one is read at all.
async fn header(store: &Store, message: &Found) -> Result<Arc<[u8]>, StoreError> {
    let front = store.body_range(message.body, 0, WINDOW).await?;
    let cut = u64::try_from(front.len()).is_ok_and(|length| length < message.octets.0);
    if cut && header_end(&front) == front.len() {
        return Ok(store.body_range(message.body, 0, LIMIT).await?.into());
    }
    Ok(front.into())
}
