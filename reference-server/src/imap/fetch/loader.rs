//! One message's octets and structure, loaded when an item first needs them: a small message as a
//! whole, of a large one only what is asked for. Where the client reads only ASCII in header fields,
//! what is loaded may be another message, see [`super::surrogate`].

use std::borrow::Cow;
use std::sync::Arc;

use super::surrogate::Surrogate;
use crate::imap::link::Link;
use crate::imap::response::travelling;
use crate::imap::syntax::Reads;
use crate::imap::upload::Reception;
use crate::message::selection::Selection;
use crate::message::{Decoder, Entity, Header, Keep, Kept, Span};
use crate::store::{BodyHold, BodyId, Loaded, Message, READ, Store, StoreError};

/// Loads one message as far as it is needed.
pub(crate) struct Loader {
    store: Store,
    message: Message,
    source: Source,
    /// How many octets the source has.
    octets: u64,
    /// What the client reads in header fields; all, once it is settled what it is shown.
    reads: Reads,
    /// All of it, where it is small.
    whole: Option<Arc<Vec<u8>>>,
    structure: Option<Kept>,
    /// Keeps the octets where some of them are read only when they are sent.
    hold: Option<Arc<BodyHold>>,
    /// Whether something has been given that stands in the place of something else.
    downgraded: bool,
}

/// Where the octets of a message are.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// In the store, as they came.
    Kept(BodyId),
    /// In the store, with other header blocks.
    Rewritten(Arc<Surrogate>),
}

impl Source {
    /// At most `count` octets from `from` on; beyond the end there are none.
    async fn range(&self, store: &Store, from: u64, count: u64) -> Result<Vec<u8>, StoreError> {
        match self {
            Self::Kept(body) => store.body_range(*body, from, count).await,
            Self::Rewritten(surrogate) => surrogate.range(store, from, count).await,
        }
    }
}

/// Where octets are that stay until they are sent.
#[derive(Debug, Clone)]
pub(crate) struct HeldSource {
    source: Source,
    _hold: Arc<BodyHold>,
}

/// Octets of a message.
#[derive(Debug, Clone)]
pub(crate) enum Octets {
    /// These, of what is loaded.
    Here(Arc<Vec<u8>>, Span),
    /// As many as this from there on, which are read when they are sent.
    Stored(HeldSource, u64, u64),
    /// What is made of a large part, when it is sent.
    Made(Box<Part>, Shown),
}

/// A part that is too large to be held in memory.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    held: HeldSource,
    span: Span,
    making: Making,
}

/// What is made of a part.
#[derive(Debug, Clone)]
enum Making {
    /// What it says without its transfer encoding.
    Decoded(Box<Decoder>),
    /// Some of its fields: it is a header section.
    Fields(Vec<Vec<u8>>, Keep),
}

/// A window on octets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown {
    from: u64,
    count: u64,
}

impl Shown {
    /// At most `count` of them from `from` on.
    pub(crate) fn window(self, from: u64, count: u64) -> Self {
        let from = from.min(self.count);
        Self { from: self.from.saturating_add(from), count: count.min(self.count.saturating_sub(from)) }
    }
}

impl Octets {
    /// How many they are.
    pub(crate) fn count(&self) -> u64 {
        match self {
            Self::Here(_, span) => u64::try_from(span.len()).unwrap_or(u64::MAX),
            Self::Stored(_, _, count) | Self::Made(_, Shown { count, .. }) => *count,
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
        let mut pieces = self.pieces();
        while let Some(piece) = pieces.next(store).await.map_err(std::io::Error::other)? {
            send(link, &piece, form).await?;
        }
        Ok(())
    }

    /// Adds them to a message.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMessage`] when the message that they are of has been expunged.
    pub(crate) async fn copy(&self, store: &Store, to: &mut Reception) -> Result<(), StoreError> {
        let mut pieces = self.pieces();
        while let Some(piece) = pieces.next(store).await? {
            to.push(&piece).await;
        }
        Ok(())
    }

    fn pieces(&self) -> Pieces<'_> {
        match self {
            Self::Here(octets, span) => Pieces::Here(Some(span.of(octets))),
            Self::Stored(held, from, count) => {
                Pieces::Stored { source: &held.source, from: *from, left: *count }
            }
            Self::Made(part, shown) => {
                Pieces::Made { reading: part.reading(), skipped: shown.from, left: shown.count }
            }
        }
    }
}

/// Octets that are read one piece after the other.
enum Pieces<'o> {
    /// In one piece, which is there.
    Here(Option<&'o [u8]>),
    /// As many as are left, from there on.
    Stored { source: &'o Source, from: u64, left: u64 },
    /// As many as are left of what is made of a part, behind those that are skipped.
    Made { reading: Reading, skipped: u64, left: u64 },
}

impl<'o> Pieces<'o> {
    /// The next of them, or nothing behind the last.
    async fn next(&mut self, store: &Store) -> Result<Option<Cow<'o, [u8]>>, StoreError> {
        match self {
            Self::Here(octets) => Ok(octets.take().map(Cow::Borrowed)),
            Self::Stored { left: 0, .. } | Self::Made { left: 0, .. } => Ok(None),
            Self::Stored { source, from, left } => {
                let piece = source.range(store, *from, READ.min(*left)).await?;
                if piece.is_empty() {
                    return Err(StoreError::NoSuchMessage);
                }
                *from = from.saturating_add(READ);
                *left = left.saturating_sub(READ);
                Ok(Some(Cow::Owned(piece)))
            }
            Self::Made { reading, skipped, left } => {
                let mut said = reading.next(store).await?.ok_or(StoreError::NoSuchMessage)?;
                let start = usize::try_from(*skipped).unwrap_or(usize::MAX).min(said.len());
                *skipped = skipped.saturating_sub(u64::try_from(start).unwrap_or(u64::MAX));
                said.drain(..start);
                said.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
                *left = left.saturating_sub(u64::try_from(said.len()).unwrap_or(u64::MAX));
                Ok(Some(Cow::Owned(said)))
            }
        }
    }
}

impl Part {
    /// How many octets that makes.
    async fn count(&self, store: &Store) -> Result<u64, StoreError> {
        let mut reading = self.reading();
        let mut count: u64 = 0;
        while let Some(said) = reading.next(store).await? {
            count = count.saturating_add(u64::try_from(said.len()).unwrap_or(u64::MAX));
        }
        Ok(count)
    }

    fn reading(&self) -> Reading {
        let (from, left) = offsets(self.span);
        let sieve = match &self.making {
            Making::Decoded(decoder) => Sieve::Decoder(decoder.clone()),
            Making::Fields(names, keep) => Sieve::Selection(Selection::new(names, *keep)),
        };
        Reading { source: self.held.source.clone(), from, left, sieve: Some(sieve) }
    }
}

/// What octets go through.
enum Sieve {
    Decoder(Box<Decoder>),
    Selection(Selection),
}

impl Sieve {
    fn feed(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Decoder(decoder) => decoder.feed(octets, out),
            Self::Selection(selection) => selection.feed(octets, out),
        }
    }

    fn finish(self, out: &mut Vec<u8>) {
        match self {
            Self::Decoder(decoder) => decoder.finish(out),
            Self::Selection(selection) => selection.finish(out),
        }
    }
}

/// A part that is being read.
struct Reading {
    source: Source,
    from: u64,
    left: u64,
    /// None behind the end.
    sieve: Option<Sieve>,
}

impl Reading {
    /// What is made of the next octets, or nothing behind the end.
    async fn next(&mut self, store: &Store) -> Result<Option<Vec<u8>>, StoreError> {
        let mut said = Vec::new();
        let Some(sieve) = &mut self.sieve else { return Ok(None) };
        if self.left == 0 {
            if let Some(sieve) = self.sieve.take() {
                sieve.finish(&mut said);
            }
            return Ok(Some(said));
        }
        let count = self.left.min(READ);
        let piece = self.source.range(store, self.from, count).await?;
        sieve.feed(&piece, &mut said);
        self.from = self.from.saturating_add(count);
        self.left = self.left.saturating_sub(count);
        Ok(Some(said))
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
    /// With what of the message has been loaded together with other messages, for a client that reads
    /// this in header fields.
    pub(crate) fn new(store: Store, loaded: Loaded, reads: Reads) -> Self {
        let structure = loaded.structure.and_then(Kept::new);
        let (source, octets) = (Source::Kept(loaded.message.body), loaded.message.octets.0);
        let whole = loaded.octets.map(Arc::new);
        Self {
            store,
            message: loaded.message,
            source,
            octets,
            reads,
            whole,
            structure,
            hold: None,
            downgraded: false,
        }
    }

    /// Whether something has been given that stands in the place of something else (RFC 6858, section 3).
    pub(crate) fn is_downgraded(&self) -> bool {
        self.downgraded
    }

    /// The message's attributes.
    pub(crate) fn message(&self) -> &Message {
        &self.message
    }

    /// Puts what the client can read in the place of the message, once, where it can not read all
    /// of its header fields (RFC 3501, section 7.4.2: they are 7-bit). Whether that is so is seen at
    /// once where there is nothing but ASCII.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMessage`] when it has been expunged.
    pub(crate) async fn settle(&mut self) -> Result<(), StoreError> {
        let (Reads::Ascii, Source::Kept(body)) = (self.reads, &self.source) else { return Ok(()) };
        let body = *body;
        self.reads = Reads::Utf8;
        if self.octets <= READ && self.whole().await?.is_ascii() {
            return Ok(());
        }
        let kept = self.structure().await?;
        let structure = kept.parts().ok_or_else(StoreError::damaged_structure)?;
        if let Some((surrogate, shown)) = Surrogate::of(&self.store, body, self.octets, &structure).await? {
            self.octets = surrogate.octets();
            self.source = Source::Rewritten(surrogate);
            (self.whole, self.structure) = (None, Some(shown));
        }
        Ok(())
    }

    /// At most `count` octets from `from` on.
    ///
    /// # Errors
    /// As [`Loader::settle`].
    pub(crate) async fn octets(&mut self, from: u64, count: u64) -> Result<Octets, StoreError> {
        if let Source::Rewritten(surrogate) = &self.source {
            self.downgraded |= surrogate.replaces(from, count);
        }
        self.given(from, count).await
    }

    async fn given(&mut self, from: u64, count: u64) -> Result<Octets, StoreError> {
        let from = from.min(self.octets);
        let count = count.min(self.octets.saturating_sub(from));
        if self.octets <= READ {
            let whole = self.whole().await?;
            let start = usize::try_from(from).unwrap_or(usize::MAX);
            let end = start.saturating_add(usize::try_from(count).unwrap_or(usize::MAX));
            return Ok(Octets::Here(whole, Span::new(start, end)));
        }
        if count <= READ {
            let part = Arc::new(self.source.range(&self.store, from, count).await?);
            let span = Span::new(0, part.len());
            return Ok(Octets::Here(part, span));
        }
        Ok(Octets::Stored(self.held().await?, from, count))
    }

    /// The octets must be there from before the answer begins until it ends.
    async fn held(&mut self) -> Result<HeldSource, StoreError> {
        let hold = match &self.hold {
            Some(hold) => Arc::clone(hold),
            None => Arc::clone(self.hold.insert(Arc::new(self.store.hold(self.message.body).await?))),
        };
        Ok(HeldSource { source: self.source.clone(), _hold: hold })
    }

    async fn whole(&mut self) -> Result<Arc<Vec<u8>>, StoreError> {
        if let Some(whole) = &self.whole {
            return Ok(Arc::clone(whole));
        }
        let whole = Arc::new(self.source.range(&self.store, 0, u64::MAX).await?);
        self.whole = Some(Arc::clone(&whole));
        Ok(whole)
    }

    /// Some fields of the header section that stands there.
    pub(crate) async fn fields(
        &mut self,
        span: Span,
        names: &[Vec<u8>],
        keep: Keep,
    ) -> Result<Octets, StoreError> {
        let (start, count) = offsets(span);
        if let Source::Rewritten(surrogate) = &self.source
            && let Some(block) = surrogate.replaced(&self.store, start).await?
        {
            let whole = Span::new(0, block.len());
            self.downgraded |= !Header::new(&block, whole).subset(names, keep).is_ascii();
        }
        if count <= READ {
            let octets = self.given(start, count).await?;
            if let Octets::Here(octets, span) = &octets {
                return Ok(here(Header::new(octets, *span).subset(names, keep)));
            }
        }
        let making = Making::Fields(names.to_vec(), keep);
        self.made(span, making).await
    }

    /// The octets that stand there, in memory: whoever asks sees to it that they are few.
    pub(crate) async fn part(&mut self, span: Span) -> Result<Vec<u8>, StoreError> {
        let (start, count) = offsets(span);
        self.source.range(&self.store, start, count).await
    }

    /// What a large part says without its transfer encoding; nothing where that is not known.
    pub(crate) async fn decoded(&mut self, entity: &Entity<'_>) -> Result<Option<Octets>, StoreError> {
        let Some(decoder) = Decoder::of(entity) else { return Ok(None) };
        self.made(entity.body, Making::Decoded(Box::new(decoder))).await.map(Some)
    }

    async fn made(&mut self, span: Span, making: Making) -> Result<Octets, StoreError> {
        let part = Part { held: self.held().await?, span, making };
        let count = part.count(&self.store).await?;
        Ok(Octets::Made(Box::new(part), Shown { from: 0, count }))
    }

    /// The message's structure.
    pub(crate) async fn structure(&mut self) -> Result<Kept, StoreError> {
        if let Some(structure) = &self.structure {
            return Ok(structure.clone());
        }
        let structure = match &self.source {
            Source::Kept(body) => self.store.structure(*body).await?,
            // It was found when the message was put in the place of the other.
            Source::Rewritten(_) => return Err(StoreError::NoSuchMessage),
        };
        self.structure = Some(structure.clone());
        Ok(structure)
    }

    /// The structure of what the client is shown.
    ///
    /// # Errors
    /// As [`Loader::settle`].
    pub(crate) async fn settled_structure(&mut self) -> Result<Kept, StoreError> {
        self.settle().await?;
        self.structure().await
    }

    /// The same for a message whose own structure the client can not read.
    ///
    /// # Errors
    /// As [`Loader::settle`].
    pub(crate) async fn readable_structure(&mut self) -> Result<Kept, StoreError> {
        let structure = self.settled_structure().await?;
        self.downgraded |= matches!(self.source, Source::Rewritten(_));
        Ok(structure)
    }
}

/// These octets, all of them.
pub(super) fn here(octets: Vec<u8>) -> Octets {
    let span = Span::new(0, octets.len());
    Octets::Here(Arc::new(octets), span)
}

/// Where a span begins, and how many octets it has.
pub(super) fn offsets(span: Span) -> (u64, u64) {
    let octets = |count| u64::try_from(count).unwrap_or(u64::MAX);
    (octets(span.start), octets(span.len()))
}
