//! One pass over the lines of a message that finds its entities and their
//! boundaries (RFC 2046, section 5.1).
//!
//! Each line is looked at once, against the boundaries that are open, however
//! deep they were opened: an outer one ends whatever lies within (RFC 2046,
//! section 5.1.2). Depth and number of parts are bounded, so that no message
//! costs more than a fixed multiple of its length.

use super::header::{Header, without_line_end};
use super::media::{self, Disposition, MediaType};
use super::span::Span;
use super::structure::{Content, Entity};

/// How deep entities may nest; what lies deeper is not looked into.
const MAX_DEPTH: usize = 64;
/// How many entities a message may have; further ones are not told apart.
const MAX_ENTITIES: usize = 10_000;

/// Finds the entities of a message.
pub(super) fn parse(message: &[u8]) -> Entity {
    let mut parser = Parser { message, boundaries: Vec::new(), position: 0, lines: 0, entities: 0 };
    let (root, _) = parser.entity(Default::PlainText, 0);
    root
}

struct Parser<'m> {
    message: &'m [u8],
    /// The boundaries of the multiparts around the position, outermost first.
    boundaries: Vec<Vec<u8>>,
    position: usize,
    /// Line ends before the position.
    lines: usize,
    entities: usize,
}

/// The media type of a part that names none.
#[derive(Clone, Copy)]
enum Default {
    PlainText,
    Message,
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

impl Parser<'_> {
    /// Reads an entity that begins at the position, up to the boundary that
    /// ends it; the position is then behind that boundary's line.
    fn entity(&mut self, default: Default, depth: usize) -> (Entity, Stop) {
        self.entities += 1;
        let (start, start_lines) = (self.position, self.lines);
        let stopped = self.skip_header();
        let (header_end, header_lines) = match stopped {
            Some(stop) if stop.end >= start => (stop.end, stop.lines),
            Some(_) => (start, start_lines),
            None => (self.position, self.lines),
        };
        let header = Span::new(start, header_end);
        let mut entity = describe(&Header::new(self.message, header), default);
        entity.header = header;
        let mut stop = match stopped {
            Some(stop) => {
                make_empty(&mut entity);
                stop
            }
            None => self.body(&mut entity, depth),
        };
        if stop.end < header_end {
            // The blank line of an empty body may be the very line end that
            // belongs to the boundary: it stays with the header.
            stop.end = header_end;
            stop.lines = header_lines;
        }
        entity.body = Span::new(header.end, stop.end);
        entity.lines = stop.lines.saturating_sub(header_lines);
        (entity, stop)
    }

    /// Skips the lines of a header and its blank line; gives the boundary that
    /// cut it off, if one did.
    fn skip_header(&mut self) -> Option<Stop> {
        while self.position < self.message.len() {
            if let Some(stop) = self.at_boundary() {
                return Some(stop);
            }
            let line = self.advance();
            if without_line_end(line).is_empty() {
                return None;
            }
        }
        None
    }

    /// Reads the body according to the media type.
    fn body(&mut self, entity: &mut Entity, depth: usize) -> Stop {
        let composite = entity.media.is_kind("multipart") || entity.media.is("message", "rfc822");
        if !composite {
            return self.skip_to_boundary();
        }
        if depth >= MAX_DEPTH || self.entities >= MAX_ENTITIES {
            entity.media = MediaType::octet_stream();
            return self.skip_to_boundary();
        }
        if entity.media.is_kind("message") {
            let (message, stop) = self.entity(Default::PlainText, depth + 1);
            entity.content = Content::Message(Box::new(message));
            return stop;
        }
        let Some(boundary) = entity.media.boundary().map(<[u8]>::to_vec) else {
            // Syntactically invalid: RFC 2045, section 5.2 recommends the default.
            entity.media = MediaType::plain_text();
            return self.skip_to_boundary();
        };
        let default =
            if entity.media.is("multipart", "digest") { Default::Message } else { Default::PlainText };
        let (parts, stop) = self.multipart(boundary, default, depth);
        entity.content = Content::Multipart(parts);
        stop
    }

    /// `multipart-body` (RFC 2046, section 5.1.1): preamble and epilogue belong
    /// to no part.
    fn multipart(&mut self, boundary: Vec<u8>, default: Default, depth: usize) -> (Vec<Entity>, Stop) {
        let start = self.position;
        let mine = self.boundaries.len();
        self.boundaries.push(boundary);
        let mut parts = Vec::new();
        let mut stop = self.skip_to_boundary();
        while stop.cause == Cause::Delimiter(mine) && self.entities < MAX_ENTITIES {
            let (part, end) = self.entity(default, depth + 1);
            parts.push(part);
            stop = end;
        }
        self.boundaries.truncate(mine);
        if matches!(stop.cause, Cause::Delimiter(level) | Cause::Close(level) if level == mine) {
            stop = self.skip_to_boundary();
        }
        if parts.is_empty() {
            // The line end of the boundary may be that of the blank line before the body.
            parts.push(empty_part(stop.end.max(start)));
        }
        (parts, stop)
    }

    /// Skips to the next line that is an open boundary.
    fn skip_to_boundary(&mut self) -> Stop {
        while self.position < self.message.len() {
            if let Some(stop) = self.at_boundary() {
                return stop;
            }
            self.advance();
        }
        Stop { end: self.position, lines: self.lines, cause: Cause::EndOfMessage }
    }

    /// Takes the line at the position if it is an open boundary. The line end
    /// before it belongs to it (RFC 2046, section 5.1.1).
    fn at_boundary(&mut self) -> Option<Stop> {
        let cause = self.boundary_on(without_line_end(self.line()))?;
        let before = self.message.get(..self.position).unwrap_or_default();
        let content = without_line_end(before);
        let stop =
            Stop { end: content.len(), lines: self.lines - usize::from(content.len() < before.len()), cause };
        self.advance();
        Some(stop)
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

    /// The line at the position, its line end included.
    fn line(&self) -> &[u8] {
        let rest = self.message.get(self.position..).unwrap_or_default();
        rest.split_inclusive(|&octet| octet == b'\n').next().unwrap_or_default()
    }

    fn advance(&mut self) -> &[u8] {
        let start = self.position;
        let length = self.line().len();
        self.position = start + length;
        let line = Span::new(start, self.position).of(self.message);
        self.lines += usize::from(line.ends_with(b"\n"));
        line
    }
}

/// Gives an entity whose header a boundary cut off the content that its type asks for.
fn make_empty(entity: &mut Entity) {
    let end = entity.header.end;
    if entity.media.is_kind("multipart") {
        match entity.media.boundary() {
            Some(_) => entity.content = Content::Multipart(vec![empty_part(end)]),
            None => entity.media = MediaType::plain_text(),
        }
    } else if entity.media.is("message", "rfc822") {
        entity.content = Content::Message(Box::new(empty_part(end)));
    }
}

/// An entity without a single octet, at that offset.
fn empty_part(offset: usize) -> Entity {
    let nothing = Span::new(offset, offset);
    let mut entity = describe(&Header::new(&[], nothing), Default::PlainText);
    entity.header = nothing;
    entity.body = nothing;
    entity
}

/// What the `Content-…` fields say; the first of each name counts. That there
/// is no `MIME-Version` changes nothing: mail without it is read alike everywhere.
fn describe(header: &Header<'_>, default: Default) -> Entity {
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
        id: found.id,
        description: found.description,
        md5: found.md5,
        disposition: found.disposition.as_deref().and_then(Disposition::parse),
        languages: found.language.as_deref().map(media::language_tags).unwrap_or_default(),
        location: found.location.map(without_blanks),
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
