//! A message as it is shown to a client that reads only ASCII in header fields: each header block
//! with octets beyond it has another in its place (RFC 6855, section 8). Bodies stay as they are.
//!
//! What is in the place of a block is made anew whenever it is read, so that only its length is kept.

use std::sync::Arc;

use super::loader::offsets;
use crate::message::{Kept, Parser, Span, Structure, surrogate::surrogate};
use crate::store::{BodyId, READ, Store, StoreError};

/// How much of a header block is shown in another form.
const HEADER_OCTETS: u64 = 1024 * 1024;

/// A message with other header blocks.
#[derive(Debug)]
pub(crate) struct Surrogate {
    body: BodyId,
    segments: Vec<Segment>,
    octets: u64,
}

/// A run of octets, in the order of the message.
#[derive(Debug, Clone, Copy)]
enum Segment {
    /// As many as this from there on, as they are.
    Kept { from: u64, count: u64 },
    /// A header block, and how many octets take its place.
    Rewritten { from: u64, count: u64, shown: u64 },
}

impl Segment {
    fn is_rewritten(self) -> bool {
        matches!(self, Self::Rewritten { .. })
    }

    fn shown(self) -> u64 {
        match self {
            Self::Kept { count, .. } => count,
            Self::Rewritten { shown, .. } => shown,
        }
    }
}

impl Surrogate {
    /// What is shown of a message, and its structure; nothing where the message can be shown as it
    /// is.
    pub(super) async fn of(
        store: &Store,
        body: BodyId,
        octets: u64,
        structure: &Structure<'_>,
    ) -> Result<Option<(Arc<Self>, Kept)>, StoreError> {
        let mut segments = Vec::new();
        let mut at = 0;
        for entity in structure.root.walk() {
            let (from, count) = offsets(entity.header);
            if count == 0 || from < at {
                continue;
            }
            let block = header(store, body, from, count).await?;
            if block.is_ascii() {
                continue;
            }
            let shown = u64::try_from(surrogate(&block).len()).unwrap_or(u64::MAX);
            segments.push(Segment::Kept { from: at, count: from.saturating_sub(at) });
            segments.push(Segment::Rewritten { from, count, shown });
            at = from.saturating_add(count);
        }
        if segments.is_empty() {
            return Ok(None);
        }
        segments.push(Segment::Kept { from: at, count: octets.saturating_sub(at) });
        let octets = segments.iter().fold(0u64, |sum, segment| sum.saturating_add(segment.shown()));
        let surrogate = Arc::new(Self { body, segments, octets });
        let structure = surrogate.parse(store).await?;
        Ok(Some((surrogate, Kept::of(&structure))))
    }

    async fn parse(&self, store: &Store) -> Result<Structure<'static>, StoreError> {
        let (mut parser, mut from) = (Parser::new(), 0);
        while from < self.octets {
            parser.feed(&self.range(store, from, READ).await?);
            from = from.saturating_add(READ);
        }
        Ok(parser.finish())
    }

    /// How many octets it has.
    pub(super) fn octets(&self) -> u64 {
        self.octets
    }

    /// Whether any of these octets stand in the place of others.
    pub(super) fn replaces(&self, from: u64, count: u64) -> bool {
        let end = from.saturating_add(count.max(1));
        self.places().any(|(place, segment)| {
            // Of a block that has gone altogether its place is left.
            let behind = place.saturating_add(segment.shown().max(1));
            segment.is_rewritten() && place < end && from < behind
        })
    }

    /// The header block in whose place another stands from `from` on.
    pub(super) async fn replaced(&self, store: &Store, from: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let Some((_, Segment::Rewritten { from, count, .. })) =
            self.places().find(|(place, segment)| *place == from && segment.is_rewritten())
        else {
            return Ok(None);
        };
        header(store, self.body, from, count).await.map(Some)
    }

    /// The segments, each with where it begins in what is shown.
    fn places(&self) -> impl Iterator<Item = (u64, Segment)> {
        self.segments.iter().scan(0u64, |at, &segment| {
            let place = *at;
            *at = place.saturating_add(segment.shown());
            Some((place, segment))
        })
    }

    /// At most `count` octets from `from` on; beyond the end there are none.
    pub(super) async fn range(&self, store: &Store, from: u64, count: u64) -> Result<Vec<u8>, StoreError> {
        let mut out = Vec::new();
        let (mut skip, mut left) = (from, count);
        for &segment in &self.segments {
            let taken = segment.shown().saturating_sub(skip).min(left);
            if taken > 0 {
                match segment {
                    Segment::Kept { from, .. } => {
                        out.extend(store.body_range(self.body, from.saturating_add(skip), taken).await?);
                    }
                    Segment::Rewritten { from, count, .. } => {
                        let shown = surrogate(&header(store, self.body, from, count).await?);
                        let start = usize::try_from(skip).unwrap_or(usize::MAX);
                        let end = start.saturating_add(usize::try_from(taken).unwrap_or(usize::MAX));
                        out.extend_from_slice(Span::new(start, end).of(&shown));
                    }
                }
            }
            skip = skip.saturating_sub(segment.shown());
            left = left.saturating_sub(taken);
        }
        Ok(out)
    }
}

/// A header block, as far as it is looked through; what is cut ends with a blank line.
async fn header(store: &Store, body: BodyId, from: u64, count: u64) -> Result<Vec<u8>, StoreError> {
    let mut block = store.body_range(body, from, count.min(HEADER_OCTETS)).await?;
    if count > HEADER_OCTETS {
        let whole_lines = memchr::memrchr(b'\n', &block).map_or(0, |at| at.saturating_add(1));
        block.truncate(whole_lines);
        block.extend_from_slice(b"\r\n");
    }
    Ok(block)
}
