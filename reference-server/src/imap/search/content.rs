//! The text of a message as SEARCH sees it: decoded and folded, each piece made when first asked
//! for.

use std::borrow::Cow;
use std::cell::OnceCell;

use time::Date;

use crate::message::collation::{Needle, casemap};
use crate::message::search::Decoded;
use crate::message::{Decoder, Entity, Header, Span, Structure, date, header_end, search};
use crate::store::{BodyId, READ, Store, StoreError};

/// How much of a header section is looked through.
const HEADER_OCTETS: u64 = 1024 * 1024;
/// How much of a line waits for its end before it is looked at.
const LINE: usize = 128 * 1024;

/// What of a message is loaded.
pub(crate) struct Content<'n> {
    header: Vec<u8>,
    header_texts: OnceCell<Vec<Decoded<'static>>>,
    needles: &'n [Needle],
    body: Body,
}

enum Body {
    /// Nothing: nobody asks.
    Unread,
    /// All of a small message, and which of the needles it holds, once somebody has asked.
    Whole { octets: Vec<u8>, structure: Box<Structure>, found: OnceCell<Vec<bool>> },
    /// Of a large one, which of the needles it holds.
    Found(Vec<bool>),
}

impl<'n> Content<'n> {
    /// How much of a message is read for its header at first: most are shorter, in octets.
    pub(crate) const WINDOW: u64 = 16 * 1024;

    /// The header in the front of a message of so many octets; nothing where it does not end there.
    pub(crate) fn of_header(mut front: Vec<u8>, octets: u64) -> Option<Self> {
        let end = header_end(&front);
        if end == front.len() && u64::try_from(end).is_ok_and(|end| end < octets) {
            return None;
        }
        front.truncate(end);
        Some(Self { header: front, header_texts: OnceCell::new(), needles: &[], body: Body::Unread })
    }

    /// A message of which all octets are here, and the structure that is kept of it.
    pub(crate) fn whole(octets: Vec<u8>, structure: Option<Structure>, needles: &'n [Needle]) -> Self {
        let structure = Box::new(structure.unwrap_or_else(|| Structure::parse(&octets)));
        let header = structure.root.header.of(&octets).to_vec();
        let body = Body::Whole { octets, structure, found: OnceCell::new() };
        Self { header, header_texts: OnceCell::new(), needles, body }
    }

    /// A message that is too large for that: its body is read through for the needles.
    pub(crate) async fn read_through(
        store: &Store,
        body: BodyId,
        needles: &'n [Needle],
    ) -> Result<Self, StoreError> {
        let structure = store.structure(body).await?;
        let header = range(store, body, structure.root.header, HEADER_OCTETS).await?;
        let mut hay = Hay::new(needles);
        for (index, entity) in structure.root.walk().enumerate() {
            if index > 0 {
                let octets = range(store, body, entity.header, HEADER_OCTETS).await?;
                let all = Span::new(0, octets.len());
                hay.look(&search::header_texts(&Header::new(&octets, all)));
            }
            if entity.media.is_kind("text") && !hay.is_done() {
                read_text(store, body, entity, &mut hay).await?;
                hay.end();
            }
        }
        Ok(Self { header, header_texts: OnceCell::new(), needles, body: Body::Found(hay.found) })
    }

    fn fields(&self) -> Header<'_> {
        Header::new(&self.header, Span::new(0, self.header.len()))
    }

    /// Whether a field of that name holds `needle`; any field of that name does where the needle is
    /// empty.
    pub(crate) fn field_holds(&self, name: &str, needle: &Needle) -> bool {
        self.fields().all(name).any(|field| search::decode(&field.value()).holds(needle))
    }

    /// Whether the body holds the needle at that place.
    pub(crate) fn body_holds(&self, needle: usize) -> bool {
        let found = match &self.body {
            Body::Unread => return false,
            Body::Found(found) => found,
            Body::Whole { octets, structure, found } => {
                found.get_or_init(|| found_in(self.needles, search::body_texts(octets, structure)))
            }
        };
        found.get(needle).copied().unwrap_or(false)
    }

    /// Whether the header holds the needle at that place.
    pub(crate) fn header_holds(&self, needle: usize) -> bool {
        let texts = self.header_texts.get_or_init(|| search::header_texts(&self.fields()));
        self.needles.get(needle).is_some_and(|needle| texts.iter().any(|text| text.holds(needle)))
    }

    /// The day that the Date field names, in its own zone.
    pub(crate) fn sent(&self) -> Option<Date> {
        let field = self.fields().first("Date")?;
        Some(date::parse(&field.value())?.date())
    }
}

/// Which of the needles one of the texts holds, each of which is looked at once.
fn found_in<'t>(needles: &[Needle], texts: impl Iterator<Item = Decoded<'t>>) -> Vec<bool> {
    let mut found: Vec<bool> = needles.iter().map(Needle::is_empty).collect();
    for text in texts {
        for (needle, found) in needles.iter().zip(&mut found) {
            *found = *found || text.holds(needle);
        }
        if found.iter().all(|found| *found) {
            break;
        }
    }
    found
}

/// Text that comes piece by piece, and the needles that are looked for in it. Whether a text can be
/// converted as a whole shows only at its end, so that until then both are looked at: what it says as far
/// as that can be told, and its octets.
struct Hay<'n> {
    needles: &'n [Needle],
    found: Vec<bool>,
    mapped: Window,
    octets: Window,
    /// A piece could not be converted.
    broken: bool,
}

/// One form of a text, and which of the needles it held so far.
struct Window {
    /// The end of what came before, in which a needle may have begun.
    tail: Vec<u8>,
    longest: usize,
    held: Vec<bool>,
}

impl Window {
    fn new(needles: &[Needle], form: fn(&Needle) -> &[u8]) -> Self {
        let longest = needles.iter().map(|needle| form(needle).len()).max().unwrap_or(0);
        Self { tail: Vec::new(), longest, held: vec![false; needles.len()] }
    }

    fn take(&mut self, text: &[u8], needles: &[Needle], form: fn(&Needle) -> &[u8]) {
        self.tail.extend_from_slice(text);
        for (needle, held) in needles.iter().zip(&mut self.held) {
            *held = *held || memchr::memmem::find(&self.tail, form(needle)).is_some();
        }
        let cut = self.tail.len().saturating_sub(self.longest);
        self.tail.drain(..cut);
    }

    /// Which needles it held; what follows is another text.
    fn end(&mut self) -> Vec<bool> {
        self.tail.clear();
        let none = vec![false; self.held.len()];
        std::mem::replace(&mut self.held, none)
    }
}

impl<'n> Hay<'n> {
    fn new(needles: &'n [Needle]) -> Self {
        Self {
            needles,
            found: needles.iter().map(Needle::is_empty).collect(),
            mapped: Window::new(needles, mapped),
            octets: Window::new(needles, Needle::octets),
            broken: false,
        }
    }

    fn is_done(&self) -> bool {
        self.found.iter().all(|found| *found)
    }

    /// Looks through whole texts.
    fn look(&mut self, texts: &[Decoded<'_>]) {
        for (needle, found) in self.needles.iter().zip(&mut self.found) {
            *found = *found || texts.iter().any(|text| text.holds(needle));
        }
    }

    /// A piece of a text; what it says is `None` where that can not be told.
    fn take(&mut self, octets: &[u8], text: Option<Cow<'_, str>>) {
        match text {
            Some(text) => self.mapped.take(casemap(&text).as_bytes(), self.needles, mapped),
            None => self.broken = true,
        }
        self.octets.take(octets, self.needles, Needle::octets);
    }

    /// The text ends here.
    fn end(&mut self) {
        let (mapped, octets) = (self.mapped.end(), self.octets.end());
        let held = if std::mem::take(&mut self.broken) { octets } else { mapped };
        for (found, held) in self.found.iter_mut().zip(held) {
            *found = *found || held;
        }
    }
}

fn mapped(needle: &Needle) -> &[u8] {
    needle.mapped().as_bytes()
}

/// Reads a text part through. Its text is cut at line ends, which no charset of mail has within a
/// character.
async fn read_text(
    store: &Store,
    body: BodyId,
    entity: &Entity,
    hay: &mut Hay<'_>,
) -> Result<(), StoreError> {
    let (mut from, end) = (octets(entity.body.start), octets(entity.body.end));
    let mut decoder = Decoder::of(entity);
    let mut decoded = Vec::new();
    while from < end && !hay.is_done() {
        let piece = store.body_range(body, from, READ.min(end.saturating_sub(from))).await?;
        if piece.is_empty() {
            break;
        }
        match &mut decoder {
            Some(decoder) => decoder.feed(&piece, &mut decoded),
            None => decoded.extend_from_slice(&piece),
        }
        let whole = memchr::memrchr(b'\n', &decoded).map_or(0, |at| at.saturating_add(1));
        let whole = if whole == 0 && decoded.len() > LINE { decoded.len() } else { whole };
        let rest = decoded.split_off(whole);
        hay.take(&decoded, search::converted(&decoded, entity));
        decoded = rest;
        from = from.saturating_add(READ);
    }
    if let Some(decoder) = decoder {
        decoder.finish(&mut decoded);
    }
    hay.take(&decoded, search::converted(&decoded, entity));
    Ok(())
}

async fn range(store: &Store, body: BodyId, span: Span, most: u64) -> Result<Vec<u8>, StoreError> {
    store.body_range(body, octets(span.start), octets(span.len()).min(most)).await
}

fn octets(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
