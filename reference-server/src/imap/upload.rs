//! A message that comes in a literal: it goes to the store as it comes, and not into the text of
//! its command.

use crate::imap::failure::Ended;
use crate::imap::link::Link;
use crate::store::{Content, Incoming, Store, StoreError};

/// What came.
#[derive(Debug)]
pub(crate) struct Upload {
    /// The message, or why it can not be kept.
    pub(crate) content: Result<Content, StoreError>,
    /// Is there a NUL in it?
    pub(crate) nul: Nul,
}

/// Is there a NUL in a message?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nul {
    /// No.
    Absent,
    /// Yes, which only a binary literal may bring.
    Present,
}

/// Reads a literal of so many octets; all of them, whatever becomes of the message.
pub(crate) async fn receive(link: &mut dyn Link, store: &Store, octets: u64) -> Result<Upload, Ended> {
    let mut incoming = Incoming::new(store, Box::new(<[u8]>::to_vec));
    let (mut left, mut nul, mut failed) = (octets, Nul::Absent, None);
    while left > 0 {
        if link.buffered().is_empty() {
            link.fill().await?;
        }
        let buffered = link.buffered();
        let count = buffered.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let piece = buffered.get(..count).unwrap_or_default();
        if memchr::memchr(0, piece).is_some() {
            nul = Nul::Present;
        }
        if failed.is_none() {
            failed = incoming.push(piece).await.err();
        }
        link.consume(count);
        left = left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
    }
    let content = match failed {
        Some(error) => Err(error),
        None => incoming.finish().await,
    };
    Ok(Upload { content, nul })
}
