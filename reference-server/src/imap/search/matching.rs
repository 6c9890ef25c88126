//! Search keys put to messages, whose octets are loaded where the answer hangs on them.

use super::{Candidate, Compiled, Content};
use crate::imap::view::{Entry, Numbering};
use crate::store::{BodyId, ModSeq, Octets, Store, StoreError, Uid};

/// The largest message that is held whole while it is looked through.
const SMALL: u64 = 256 * 1024;

/// A message that matches.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// Its sequence number.
    pub(crate) number: u32,
    /// Its UID.
    pub(crate) uid: Uid,
    /// The sequence of its last change.
    pub(crate) modseq: ModSeq,
    /// Where its octets are.
    pub(crate) body: BodyId,
    /// How many.
    pub(crate) octets: Octets,
    /// When it came.
    pub(crate) internal_date: time::OffsetDateTime,
}

impl Found {
    /// What the client calls it.
    pub(crate) fn named(&self, numbering: Numbering) -> u32 {
        match numbering {
            Numbering::Sequence => self.number,
            Numbering::Uid => self.uid.0,
        }
    }
}

/// Whether messages had been expunged before they could be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missed {
    None,
    Some,
}

/// Those of these messages that match, in their order. One that was expunged meanwhile does not
/// (RFC 2180, section 4.3).
pub(crate) async fn matching(
    store: &Store,
    compiled: &Compiled,
    entries: impl Iterator<Item = (u32, &Entry)>,
) -> Result<(Vec<Found>, Missed), StoreError> {
    let (mut found, mut missed) = (Vec::new(), Missed::None);
    for (number, entry) in entries {
        let matches = match decide(compiled, number, entry, None) {
            Some(decided) => decided,
            None => match load(store, entry, compiled).await {
                Ok(content) => decide(compiled, number, entry, Some(&content)).unwrap_or(false),
                Err(StoreError::NoSuchMessage) => {
                    missed = Missed::Some;
                    false
                }
                Err(error) => return Err(error),
            },
        };
        if matches {
            let message = &entry.message;
            found.push(Found {
                number,
                uid: message.uid,
                modseq: message.modseq,
                body: message.body,
                octets: message.octets,
                internal_date: message.internal_date,
            });
        }
    }
    Ok((found, missed))
}

/// What a message says, as far as the criteria need it.
async fn load(store: &Store, entry: &Entry, compiled: &Compiled) -> Result<Content, StoreError> {
    let body = entry.message.body;
    if entry.message.octets.0 > SMALL {
        return Content::read_through(store, body, &compiled.body_needles()).await;
    }
    Ok(Content::whole(store.body_range(body, 0, u64::MAX).await?))
}

/// Whether the message matches; `None` where that depends on content that is not given.
fn decide(compiled: &Compiled, number: u32, entry: &Entry, content: Option<&Content>) -> Option<bool> {
    compiled.matches(&Candidate { number, entry, content })
}
