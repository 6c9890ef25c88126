//! The text of a message as SEARCH sees it: decoded and folded, each piece made when first asked
//! for.

use std::borrow::Cow;
use std::cell::OnceCell;

use time::Date;

use super::Asked;
use crate::message::collation::{Needle, casemap};
use crate::message::search::Decoded;
use crate::message::{
    Blocks, Decoder, Entity, Field, Header, Kept, Span, Structure, date, header_end, search,
};
use crate::store::{BodyId, READ, Store, StoreError};

/// How much of a line waits for its end before it is looked at.
const LINE: usize = 128 * 1024;

/// What of a message is loaded.
pub(crate) struct Content<'n> {
    header: Head,
    asked: &'n Asked,
    body: Body,
}

enum Head {
    /// All of it.
    Whole { octets: Vec<u8>, texts: OnceCell<Vec<Decoded<'static>>>, fields: OnceCell<Vec<bool>> },
    /// Of a large one, what it holds of that which is asked for.
    Found(HeadFound),
}

/// What is found in a header that is read block by block.
struct HeadFound {
    fields: Vec<bool>,
    needles: Vec<bool>,
    /// The first Date field, once there was one.
    date: Option<Option<Date>>,
}

enum Body {
    /// Nothing: nobody asks.
    Unread,
    /// All of a small message, and which of the needles it holds, once somebody has asked.
    Whole { octets: Vec<u8>, structure: Kept, found: OnceCell<Vec<bool>> },
    /// Of a large one, which of the needles it holds.
    Found(Vec<bool>),
}

impl Head {
    fn whole(octets: Vec<u8>) -> Self {
        Self::Whole { octets, texts: OnceCell::new(), fields: OnceCell::new() }
    }
}

impl HeadFound {
    fn nothing(asked: &Asked) -> Self {
        let needles = asked.needles.iter().map(Needle::is_empty).collect();
        Self { fields: vec![false; asked.fields.len()], needles, date: None }
    }

    /// Looks at some more fields.
    fn look(&mut self, block: &[u8], asked: &Asked) {
        let header = all_of(block);
        look_into_fields(&header, asked, &mut self.fields);
        if self.needles.contains(&false) {
            let texts = search::header_texts(&header);
            for (needle, found) in asked.needles.iter().zip(&mut self.needles) {
                *found = *found || texts.iter().any(|text| text.holds(needle));
            }
        }
        if self.date.is_none() {
            self.date = header.first("Date").map(|field| sent(&field));
        }
    }
}

impl<'n> Content<'n> {
    /// How much of a message is read for its header at first: most are shorter, in octets.
    pub(crate) const WINDOW: u64 = 16 * 1024;

    /// The header in the front of a message of so many octets; nothing where it does not end there.
    pub(crate) fn of_header(mut front: Vec<u8>, octets: u64, asked: &'n Asked) -> Option<Self> {
        let end = header_end(&front);
        if end == front.len() && u64::try_from(end).is_ok_and(|end| end < octets) {
            return None;
        }
        front.truncate(end);
        Some(Self { header: Head::whole(front), asked, body: Body::Unread })
    }

    /// A message of which all octets are here, and the structure that is kept of it.
    pub(crate) fn whole(octets: Vec<u8>, structure: Option<Kept>, asked: &'n Asked) -> Self {
        let structure = structure.unwrap_or_else(|| Kept::of(&Structure::parse(&octets)));
        let header = Head::whole(octets.get(..header_end(&octets)).unwrap_or_default().to_vec());
        Self { header, asked, body: Body::Whole { octets, structure, found: OnceCell::new() } }
    }

    /// A message that is too large for that: it is read through for what is asked for.
    pub(crate) async fn read_through(
        store: &Store,
        body: BodyId,
        asked: &'n Asked,
    ) -> Result<Self, StoreError> {
        let kept = store.structure(body).await?;
        let structure = kept.parts().ok_or_else(StoreError::damaged_structure)?;
        let mut header = HeadFound::nothing(asked);
        let mut hay = Hay::new(&asked.needles);
        for (index, entity) in structure.root.walk().enumerate() {
            let mut fields = Fields::of(entity);
            while let Some(block) = fields.next(store, body).await? {
                match index {
                    0 => header.look(&block, asked),
                    _ => hay.look(&search::header_texts(&all_of(&block))),
                }
            }
            if entity.media.is_kind("text") && !hay.is_done() {
                read_text(store, body, entity, &mut hay).await?;
                hay.end();
            }
        }
        Ok(Self { header: Head::Found(header), asked, body: Body::Found(hay.found) })
    }

    /// Whether a field of the name that is asked for there holds what is; any field of that name does
    /// where that is empty.
    pub(crate) fn field_holds(&self, place: usize) -> bool {
        let found = match &self.header {
            Head::Found(found) => &found.fields,
            Head::Whole { octets, fields, .. } => fields.get_or_init(|| {
                let mut found = vec![false; self.asked.fields.len()];
                look_into_fields(&all_of(octets), self.asked, &mut found);
                found
            }),
        };
        found.get(place).copied().unwrap_or(false)
    }

    /// Whether the body holds the needle at that place.
    pub(crate) fn body_holds(&self, needle: usize) -> bool {
        let found = match &self.body {
            Body::Unread => return false,
            Body::Found(found) => found,
            Body::Whole { octets, structure, found } => {
                let texts = |structure: &Structure<'_>| {
                    found_in(&self.asked.needles, search::body_texts(octets, structure))
                };
                found.get_or_init(|| match structure.parts() {
                    Some(structure) => texts(&structure),
                    None => texts(&Structure::parse(octets)),
                })
            }
        };
        found.get(needle).copied().unwrap_or(false)
    }

    /// Whether the header holds the needle at that place.
    pub(crate) fn header_holds(&self, needle: usize) -> bool {
        match &self.header {
            Head::Found(found) => found.needles.get(needle).copied().unwrap_or(false),
            Head::Whole { octets, texts, .. } => {
                let texts = texts.get_or_init(|| search::header_texts(&all_of(octets)));
                let needle = self.asked.needles.get(needle);
                needle.is_some_and(|needle| texts.iter().any(|text| text.holds(needle)))
            }
        }
    }

    /// The day that the Date field names, in its own zone.
    pub(crate) fn sent(&self) -> Option<Date> {
        match &self.header {
            Head::Found(found) => found.date.flatten(),
            Head::Whole { octets, .. } => sent(&all_of(octets).first("Date")?),
        }
    }
}

fn all_of(octets: &[u8]) -> Header<'_> {
    Header::new(octets, Span::new(0, octets.len()))
}

/// Looks for all that is asked for in fields, so that each of these is decoded once.
fn look_into_fields(header: &Header<'_>, asked: &Asked, found: &mut [bool]) {
    for field in header.fields() {
        let mut open =
            asked.fields.iter().zip(&mut *found).filter(|((name, _), found)| !**found && field.is(name));
        let Some(first) = open.next() else { continue };
        let value = field.value();
        let text = search::decode(&value);
        for ((_, needle), found) in std::iter::once(first).chain(open) {
            *found = text.holds(needle);
        }
    }
}

fn sent(field: &Field<'_>) -> Option<Date> {
    Some(date::parse(&field.value())?.date())
}

/// The fields of a header section that is being read, some at a time.
struct Fields {
    from: u64,
    end: u64,
    /// None behind the last of them.
    blocks: Option<Blocks>,
}

impl Fields {
    fn of(entity: &Entity<'_>) -> Self {
        let Span { start, end } = entity.header;
        Self { from: octets(start), end: octets(end), blocks: Some(Blocks::default()) }
    }

    async fn next(&mut self, store: &Store, body: BodyId) -> Result<Option<Vec<u8>>, StoreError> {
        while let Some(blocks) = &mut self.blocks {
            let piece = match self.end.saturating_sub(self.from) {
                0 => Vec::new(),
                left => store.body_range(body, self.from, READ.min(left)).await?,
            };
            self.from = self.from.saturating_add(READ);
            if piece.is_empty() {
                return Ok(self.blocks.take().map(Blocks::finish));
            }
            if let Some(block) = blocks.feed(&piece) {
                return Ok(Some(block));
            }
        }
        Ok(None)
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
    entity: &Entity<'_>,
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

fn octets(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
