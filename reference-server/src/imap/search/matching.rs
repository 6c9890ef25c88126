//! Search keys put to messages, whose octets are loaded where the answer hangs on them.

use std::sync::Arc;

use super::{Candidate, Compiled, Content};
use crate::imap::heavy::work_on;
use crate::imap::view::{Entry, Numbering};
use crate::store::{BodyId, ModSeq, Octets, Store, StoreError, Uid};

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
    compiled: &Arc<Compiled>,
    entries: impl Iterator<Item = (u32, &Entry)>,
) -> Result<(Vec<Found>, Missed), StoreError> {
    let (mut found, mut missed) = (Vec::new(), Missed::None);
    for (number, entry) in entries {
        let matches = match decide(compiled, number, entry, None) {
            Some(decided) => decided,
            None => match store.body_range(entry.message.body, 0, u64::MAX).await {
                Ok(octets) => {
                    let octets: Arc<[u8]> = octets.into();
                    let (compiled, entry) = (Arc::clone(compiled), entry.clone());
                    work_on(octets.len(), move || decide(&compiled, number, &entry, Some(octets)))
                        .await?
                        .unwrap_or(false)
                }
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

/// Whether the message matches; `None` where that depends on octets that are not given.
fn decide(compiled: &Compiled, number: u32, entry: &Entry, octets: Option<Arc<[u8]>>) -> Option<bool> {
    let content = octets.map(Content::new);
    compiled.matches(&Candidate { number, entry, content: content.as_ref() })
}
