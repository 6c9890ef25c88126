//! One pass over the lines of a message that finds its entities and their
//! boundaries (RFC 2046, section 5.1).
//!
//! Each line is looked at once, against the boundaries that are open, however
//! deep they were opened: an outer one ends whatever lies within (RFC 2046,
//! section 5.1.2). Depth and number of parts are bounded, so that no message
//! costs more than a fixed multiple of its length, and none more memory than a
//! fixed amount, however long it is and in whatever pieces it comes.

use std::borrow::Cow;

use super::envelope::Envelope;
use super::header::{Header, without_line_end};
use super::media::{self, Disposition, MediaType};
use super::span::Span;
use super::structure::{Content, Entity, Structure};

/// How deep entities may nest; what lies deeper is not looked into.
const MAX_DEPTH: usize = 64;
/// How many entities a message may have; further ones are not told apart.
const MAX_ENTITIES: usize = 10_000;

/// How much of one header block is looked at, in octets.
const HEADER_OCTETS: usize = 64 * 1024;
/// How much of all header blocks together: what a structure may say is bounded by this, however
/// large the message is.
const HEADERS_OCTETS: usize = 1024 * 1024;
/// How much of one line is kept. A boundary is shorter (RFC 2046, section 5.1.1: 70 characters).
const LINE_OCTETS: usize = HEADER_OCTETS;

/// Finds the structure of a message that comes piece by piece, in bounded memory.
#[derive(Debug)]
pub struct Parser {
    /// The entities around the position, outermost first.
    frames: Vec<Frame>,
    /// The boundaries of the multiparts around the position, outermost first.
    boundaries: Vec<Vec<u8>>,
    /// The header block that is being read, as far as it is looked at.
    header: Vec<u8>,
    /// Octets of header blocks that may still be looked at.
    allowance: usize,
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
    /// How many octets of that line have come.
    line_octets: usize,
    /// Where that line begins.
    position: usize,
    /// Line ends before the position.
    lines: usize,
    /// How many octets the line end right before the position has.
    line_end: usize,
    entities: usize,
    root: Option<Entity<'static>>,
}

/// An entity that has begun and not ended.
#[derive(Debug)]
struct Frame {
    role: Role,
    default: Default,
    start: usize,
    header_end: usize,
    /// Line ends before the end of the header.
    header_lines: usize,
    /// What the header says, once it is complete.
    entity: Option<Entity<'static>>,
    place: Place,
}

/// Where in an entity the position is.
#[derive(Debug)]
enum Place {
    /// In the header.
    Header,
    /// In a body that is not looked into.
    Leaf,
    /// In a body that is a message.
    Message,
    /// Before, between or within the parts of the multipart whose boundary is the one of that
    /// number.
    Parts(usize, Vec<Entity<'static>>),
    /// Behind them.
    Epilogue(Vec<Entity<'static>>),
}

/// The media type of a part that names none.
#[derive(Clone, Copy, Debug)]
enum Default {
    PlainText,
    Message,
}

/// Is the entity a whole message, which has an envelope?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Message,
    Part,
}

/// Where an entity ended, and why.
#[derive(Clone, Copy)]
struct Stop {
    end: usize,
    /// Line ends before `end`.
    lines: usize,
    cause: Cause,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    EndOfMessage,
    /// `--boundary` of the multipart opened at that depth: a part follows.
    Delimiter(usize),
    /// `--boundary--`: the epilogue follows.
    Close(usize),
}

impl std::default::Default for Parser {
    fn default() -> Self {
        Self::new()
    }
}

impl Parser {
    /// At the beginning of a message.
    pub fn new() -> Self {
        let mut parser = Self {
            frames: Vec::new(),
            boundaries: Vec::new(),
            header: Vec::new(),
            allowance: HEADERS_OCTETS,
            line: Vec::new(),
            line_octets: 0,
            position: 0,
            lines: 0,
            line_end: 0,
            entities: 0,
            root: None,
        };
        parser.begin(Role::Message, Default::PlainText);
        parser
    }

    /// Takes the next octets of the message.
    pub fn feed(&mut self, mut octets: &[u8]) {
        while let Some(end) = memchr::memchr(b'\n', octets) {
            let (line, rest) = octets.split_at(end.saturating_add(1));
            octets = rest;
            if self.line_octets == 0 {
                self.line(line, line.len());
            } else {
                self.keep(line);
                self.kept_line();
            }
        }
        self.keep(octets);
    }

    /// The structure of what was fed.
    pub fn finish(mut self) -> Structure<'static> {
        if self.line_octets > 0 {
            self.kept_line();
        }
        let stop = Stop { end: self.position, lines: self.lines, cause: Cause::EndOfMessage };
        self.stop(stop);
        Structure { root: self.root.unwrap_or_else(|| empty_part(0, Role::Message)) }
    }

    fn keep(&mut self, octets: &[u8]) {
        let room = LINE_OCTETS.saturating_sub(self.line.len());
        let (kept, dropped) = octets.split_at_checked(room).unwrap_or((octets, &[]));
        self.line.extend_from_slice(kept);
        self.line_octets = self.line_octets.saturating_add(octets.len());
        // The line end shows whatever else is left out.
        for &octet in dropped.get(dropped.len().saturating_sub(2)..).unwrap_or_default() {
            if let [.., before, last] = self.line.as_mut_slice() {
                *before = std::mem::replace(last, octet);
            }
        }
    }

    fn kept_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let octets = std::mem::take(&mut self.line_octets);
        self.line(&line, octets);
        self.line = line;
        self.line.clear();
    }

    /// Takes a line of that many octets, of which `line` is what is kept, line end included.
    fn line(&mut self, line: &[u8], octets: usize) {
        let text = without_line_end(line);
        let stop = (octets == line.len()).then(|| self.boundary_on(text)).flatten().map(|cause| Stop {
            // The line end before it belongs to the boundary (RFC 2046, section 5.1.1).
            end: self.position.saturating_sub(self.line_end),
            lines: self.lines.saturating_sub(usize::from(self.line_end > 0)),
            cause,
        });
        self.position = self.position.saturating_add(octets);
        self.line_end = line.len().saturating_sub(text.len());
        self.lines = self.lines.saturating_add(usize::from(self.line_end > 0));
        if let Some(stop) = stop {
            self.stop(stop);
            return;
        }
        let in_header = matches!(self.frames.last(), Some(Frame { place: Place::Header, .. }));
        if in_header {
            self.look_at(line);
            if text.is_empty() {
                self.body();
            }
        }
    }

    /// Keeps a line of a header, unless too much is kept already.
    fn look_at(&mut self, line: &[u8]) {
        let room = HEADER_OCTETS.min(self.allowance).saturating_sub(self.header.len());
        if line.len() <= room {
            self.header.extend_from_slice(line);
        }
    }

    /// `"--" boundary ["--"] transport-padding`, the innermost one that fits.
    fn boundary_on(&self, line: &[u8]) -> Option<Cause> {
        let rest = line.strip_prefix(b"--")?;
        let padding = rest.iter().rev().take_while(|&&octet| matches!(octet, b' ' | b'\t')).count();
        let rest = rest.get(..rest.len() - padding)?;
        self.boundaries.iter().enumerate().rev().find_map(|(level, boundary)| {
            match rest.strip_prefix(boundary.as_slice())? {
                b"" => Some(Cause::Delimiter(level)),
                b"--" => Some(Cause::Close(level)),
                _ => None,
            }
        })
    }

    /// An entity begins at the position.
    fn begin(&mut self, role: Role, default: Default) {
        self.entities += 1;
        self.header.clear();
        self.frames.push(Frame {
            role,
            default,
            start: self.position,
            header_end: self.position,
            header_lines: self.lines,
            entity: None,
            place: Place::Header,
        });
    }

    /// Reads what the header says that ends at `end`.
    fn described(&mut self, frame: &Frame, end: usize) -> Entity<'static> {
        self.allowance = self.allowance.saturating_sub(self.header.len());
        let kept = Span::new(0, self.header.len().min(end.saturating_sub(frame.start)));
        let header = Header::new(&self.header, kept);
        let mut entity = describe(&header, frame.default);
        entity.envelope = (frame.role == Role::Message).then(|| Box::new(Envelope::of(&header)));
        entity
    }

    /// The header of the innermost entity is complete: its body begins at the position, and is
    /// read according to the media type.
    fn body(&mut self) {
        let depth = self.frames.len().saturating_sub(1);
        let Some(mut frame) = self.frames.pop() else { return };
        (frame.header_end, frame.header_lines) = (self.position, self.lines);
        let mut entity = self.described(&frame, self.position);
        let mut inner = None;
        let composite = entity.media.is_kind("multipart") || holds_message(&entity);
        frame.place = if !composite {
            Place::Leaf
        } else if depth >= MAX_DEPTH || self.entities >= MAX_ENTITIES {
            entity.media = MediaType::octet_stream();
            Place::Leaf
        } else if entity.media.is_kind("message") {
            inner = Some(Role::Message);
            Place::Message
        } else if let Some(boundary) = entity.media.boundary() {
            self.boundaries.push(boundary.to_vec());
            Place::Parts(self.boundaries.len() - 1, Vec::new())
        } else {
            // Syntactically invalid: RFC 2045, section 5.2 recommends the default.
            entity.media = MediaType::plain_text();
            Place::Leaf
        };
        frame.entity = Some(entity);
        self.frames.push(frame);
        if let Some(role) = inner {
            self.begin(role, Default::PlainText);
        }
    }

    /// Ends all entities that a stop ends; the position is behind it.
    fn stop(&mut self, mut stop: Stop) {
        while let Some(mut frame) = self.frames.pop() {
            if matches!(frame.place, Place::Header) {
                if stop.cause == Cause::EndOfMessage {
                    self.frames.push(frame);
                    self.body();
                    continue;
                }
                self.cut_off(&mut frame, stop);
            }
            match frame.place {
                Place::Parts(mine, parts)
                    if stop.cause == Cause::Delimiter(mine) && self.entities < MAX_ENTITIES =>
                {
                    let digest =
                        frame.entity.as_ref().is_some_and(|entity| entity.media.is("multipart", "digest"));
                    frame.place = Place::Parts(mine, parts);
                    self.frames.push(frame);
                    self.begin(Role::Part, if digest { Default::Message } else { Default::PlainText });
                    return;
                }
                Place::Parts(mine, parts) => {
                    self.boundaries.truncate(mine);
                    frame.place = Place::Epilogue(parts);
                    if matches!(stop.cause, Cause::Delimiter(level) | Cause::Close(level) if level == mine) {
                        self.frames.push(frame);
                        return;
                    }
                }
                other => frame.place = other,
            }
            let entity = complete(frame, &mut stop);
            match self.frames.last_mut() {
                Some(Frame { place: Place::Parts(_, parts), .. }) => parts.push(entity),
                Some(Frame { entity: Some(outer), .. }) => outer.content = Content::Message(Box::new(entity)),
                _ => self.root = Some(entity),
            }
        }
    }

    /// A boundary has cut the header of an entity off.
    fn cut_off(&mut self, frame: &mut Frame, stop: Stop) {
        if stop.end >= frame.start {
            (frame.header_end, frame.header_lines) = (stop.end, stop.lines);
        }
        let mut entity = self.described(frame, frame.header_end);
        make_empty(&mut entity, frame.header_end);
        frame.entity = Some(entity);
        frame.place = Place::Leaf;
    }
}

/// The entity of a frame that ends at `stop`.
fn complete(frame: Frame, stop: &mut Stop) -> Entity<'static> {
    let Frame { start, header_end, header_lines, .. } = frame;
    let mut entity = frame.entity.unwrap_or_else(|| empty_part(start, frame.role));
    if let Place::Epilogue(mut parts) = frame.place {
        if parts.is_empty() {
            // The line end of the boundary may be that of the blank line before the body.
            parts.push(empty_part(stop.end.max(header_end), Role::Part));
        }
        entity.content = Content::Multipart(parts);
    }
    if stop.end < header_end {
        // The blank line of an empty body may be the very line end that
        // belongs to the boundary: it stays with the header.
        stop.end = header_end;
        stop.lines = header_lines;
    }
    entity.header = Span::new(start, header_end);
    entity.body = Span::new(header_end, stop.end);
    entity.lines = stop.lines.saturating_sub(header_lines);
    entity
}

/// Gives an entity whose header a boundary cut off the content that its type asks for.
fn make_empty(entity: &mut Entity<'_>, end: usize) {
    if entity.media.is_kind("multipart") {
        match entity.media.boundary() {
            Some(_) => entity.content = Content::Multipart(vec![empty_part(end, Role::Part)]),
            None => entity.media = MediaType::plain_text(),
        }
    } else if holds_message(entity) {
        entity.content = Content::Message(Box::new(empty_part(end, Role::Message)));
    }
}

/// Whether a message can be read in it: `message/rfc822` has no transfer encoding (RFC 2046,
/// section 5.2.1), `message/global` may have one (RFC 6532, section 3.7).
fn holds_message(entity: &Entity<'_>) -> bool {
    let plain =
        |name: &Cow<'_, str>| ["7bit", "8bit", "binary"].iter().any(|known| name.eq_ignore_ascii_case(known));
    entity.media.is_message()
        && (entity.media.is("message", "rfc822") || entity.encoding.as_ref().is_none_or(plain))
}

/// An entity without a single octet, at that offset.
fn empty_part(offset: usize, role: Role) -> Entity<'static> {
    let nothing = Span::new(offset, offset);
    let mut entity = describe(&Header::new(&[], nothing), Default::PlainText);
    entity.header = nothing;
    entity.body = nothing;
    entity.envelope = (role == Role::Message).then(Box::default);
    entity
}

/// What the `Content-…` fields say; the first of each name counts. That there
/// is no `MIME-Version` changes nothing: mail without it is read alike everywhere.
fn describe(header: &Header<'_>, default: Default) -> Entity<'static> {
    let mut found = Described::default();
    for field in header.fields() {
        let Some(name) = field.name.get(..8).filter(|p| p.eq_ignore_ascii_case(b"content-")) else {
            continue;
        };
        let rest = field.name.get(name.len()..).unwrap_or_default();
        found.take(&rest.to_ascii_lowercase(), || field.value().into_owned());
    }
    let media = match (&found.media, default) {
        (Some(value), _) => MediaType::parse(value).unwrap_or_else(MediaType::plain_text),
        (None, Default::PlainText) => MediaType::plain_text(),
        (None, Default::Message) => MediaType::message(),
    };
    Entity {
        header: Span::default(),
        body: Span::default(),
        lines: 0,
        media,
        encoding: found.encoding.as_deref().and_then(media::single_token),
        id: found.id.map(Cow::Owned),
        description: found.description.map(Cow::Owned),
        md5: found.md5.map(Cow::Owned),
        disposition: found.disposition.as_deref().and_then(Disposition::parse),
        languages: found.language.as_deref().map(media::language_tags).unwrap_or_default(),
        location: found.location.map(without_blanks).map(Cow::Owned),
        envelope: None,
        content: Content::Leaf,
    }
}

/// The unfolded values of the fields that describe an entity.
#[derive(std::default::Default)]
struct Described {
    media: Option<Vec<u8>>,
    encoding: Option<Vec<u8>>,
    id: Option<Vec<u8>>,
    description: Option<Vec<u8>>,
    md5: Option<Vec<u8>>,
    disposition: Option<Vec<u8>>,
    language: Option<Vec<u8>>,
    location: Option<Vec<u8>>,
}

impl Described {
    /// Keeps the value of `content-NAME` if it is the first of that name.
    fn take(&mut self, name: &[u8], value: impl FnOnce() -> Vec<u8>) {
        let slot = match name {
            b"type" => &mut self.media,
            b"transfer-encoding" => &mut self.encoding,
            b"id" => &mut self.id,
            b"description" => &mut self.description,
            b"md5" => &mut self.md5,
            b"disposition" => &mut self.disposition,
            b"language" => &mut self.language,
            b"location" => &mut self.location,
            _ => return,
        };
        slot.get_or_insert_with(value);
    }
}

fn without_blanks(mut value: Vec<u8>) -> Vec<u8> {
    value.retain(|octet| !octet.is_ascii_whitespace());
    value
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod trees;
