//! One message's octets and structure, loaded when an item first needs them: a small message as a
//! whole, of a large one only what is asked for.

use std::sync::Arc;

use crate::imap::link::Link;
use crate::imap::response::travelling;
use crate::message::{Span, Structure};
use crate::store::{BodyId, READ, Store, StoreError};

/// How much of a header section is looked through for its fields.
const HEADER_OCTETS: u64 = 1024 * 1024;

/// Loads one message as far as it is needed.
pub(crate) struct Loader {
    store: Store,
    body: BodyId,
    octets: u64,
    /// All of it, where it is small.
    whole: Option<Arc<[u8]>>,
    structure: Option<Arc<Structure>>,
}

/// Octets of a message.
#[derive(Debug, Clone)]
pub(crate) enum Octets {
    /// These, of what is loaded.
    Here(Arc<[u8]>, Span),
    /// As many as this from there on, which are read when they are sent.
    Stored(BodyId, u64, u64),
}

impl Octets {
    /// How many they are.
    pub(crate) fn count(&self) -> u64 {
        match self {
            Self::Here(_, span) => u64::try_from(span.len()).unwrap_or(u64::MAX),
            Self::Stored(_, _, count) => *count,
        }
    }

    /// Sends them; the connection's pace is the pace of this.
    ///
    /// # Errors
    /// The connection failed; or the store did, and what has begun can not be taken back.
    pub(crate) async fn send(
        &self,
        link: &mut dyn Link,
        store: &Store,
        form: LiteralOctets,
    ) -> std::io::Result<()> {
        let (body, mut from, mut left) = match self {
            Self::Here(octets, span) => return send(link, span.of(octets), form).await,
            Self::Stored(body, from, count) => (*body, *from, *count),
        };
        while left > 0 {
            let piece = store.body_range(body, from, left.min(READ)).await.map_err(std::io::Error::other)?;
            if piece.is_empty() {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            send(link, &piece, form).await?;
            from = from.saturating_add(READ);
            left = left.saturating_sub(READ);
        }
        Ok(())
    }
}

/// Which octets can stand in a literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LiteralOctets {
    /// In one of IMAP4rev1: all but NUL.
    Text,
    /// In a literal8: all.
    Binary,
}

async fn send(link: &mut dyn Link, octets: &[u8], form: LiteralOctets) -> std::io::Result<()> {
    if form == LiteralOctets::Text && memchr::memchr(0, octets).is_some() {
        let travelling: Vec<u8> = octets.iter().map(|&octet| travelling(octet)).collect();
        return link.write(&travelling).await;
    }
    link.write(octets).await
}

impl Loader {
    /// Nothing of the message of so many octets loaded yet.
    pub(crate) fn new(store: Store, body: BodyId, octets: u64) -> Self {
        Self { store, body, octets, whole: None, structure: None }
    }

    /// At most `count` octets from `from` on.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMessage`] when it has been expunged.
    pub(crate) async fn octets(&mut self, from: u64, count: u64) -> Result<Octets, StoreError> {
        let from = from.min(self.octets);
        let count = count.min(self.octets.saturating_sub(from));
        if self.octets <= READ {
            let whole = self.whole().await?;
            let start = usize::try_from(from).unwrap_or(usize::MAX);
            let end = start.saturating_add(usize::try_from(count).unwrap_or(usize::MAX));
            return Ok(Octets::Here(whole, Span::new(start, end)));
        }
        if count <= READ {
            let part: Arc<[u8]> = self.store.body_range(self.body, from, count).await?.into();
            let span = Span::new(0, part.len());
            return Ok(Octets::Here(part, span));
        }
        // It must be there before the answer begins.
        self.store.body_range(self.body, from, 1).await?;
        Ok(Octets::Stored(self.body, from, count))
    }

    async fn whole(&mut self) -> Result<Arc<[u8]>, StoreError> {
        if let Some(whole) = &self.whole {
            return Ok(Arc::clone(whole));
        }
        let whole: Arc<[u8]> = self.store.body_range(self.body, 0, u64::MAX).await?.into();
        self.whole = Some(Arc::clone(&whole));
        Ok(whole)
    }

    /// The header section that stands there, as far as it is looked through.
    pub(crate) async fn header(&mut self, span: Span) -> Result<Vec<u8>, StoreError> {
        let (start, count) = offsets(span);
        self.store.body_range(self.body, start, count.min(HEADER_OCTETS)).await
    }

    /// All octets that stand there, in memory.
    pub(crate) async fn part(&mut self, span: Span) -> Result<Vec<u8>, StoreError> {
        let (start, count) = offsets(span);
        self.store.body_range(self.body, start, count).await
    }

    /// The message's structure.
    pub(crate) async fn structure(&mut self) -> Result<Arc<Structure>, StoreError> {
        if let Some(structure) = &self.structure {
            return Ok(Arc::clone(structure));
        }
        let structure = self.store.structure(self.body).await?;
        self.structure = Some(Arc::clone(&structure));
        Ok(structure)
    }
}

/// Where a span begins, and how many octets it has.
pub(super) fn offsets(span: Span) -> (u64, u64) {
    let octets = |count| u64::try_from(count).unwrap_or(u64::MAX);
    (octets(span.start), octets(span.len()))
}
