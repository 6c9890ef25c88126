//! The tree of MIME parts (RFC 2046) with the octets and lines of each, and the
//! way from an IMAP section to the octets it names (RFC 3501, section 6.4.5).

use std::borrow::Cow;

use super::envelope::Envelope;
use super::header::Header;
use super::media::{Disposition, MediaType};
use super::parser::Parser;
use super::span::Span;

/// What a message is made of. Holds offsets only: give it the same octets again
/// to get at the text. What it says of header fields may be borrowed from where
/// it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structure<'o> {
    /// The message itself.
    pub root: Entity<'o>,
}

/// A message or a body part: a header block and a body (RFC 2045, section 2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity<'o> {
    /// The header block, the blank line included where there is one.
    pub header: Span,
    /// The body: all after the blank line, for a body part up to the line end
    /// that belongs to the next boundary (RFC 2046, section 5.1.1).
    pub body: Span,
    /// How many line ends (CRLF or bare LF) the body holds.
    pub lines: usize,
    /// The media type that applies: the one given, or the default where none
    /// is given or it cannot be used.
    pub media: MediaType<'o>,
    /// `Content-Transfer-Encoding` as written; nothing where it is absent,
    /// which means `7BIT` (RFC 2045, section 6.1).
    pub encoding: Option<Cow<'o, str>>,
    /// `Content-ID`, unfolded.
    pub id: Option<Cow<'o, [u8]>>,
    /// `Content-Description`, unfolded and not decoded.
    pub description: Option<Cow<'o, [u8]>>,
    /// `Content-MD5`, unfolded.
    pub md5: Option<Cow<'o, [u8]>>,
    /// `Content-Disposition`.
    pub disposition: Option<Disposition<'o>>,
    /// The tags of `Content-Language`; empty where it is absent.
    pub languages: Vec<Cow<'o, str>>,
    /// `Content-Location` without the white space that folding put into it.
    pub location: Option<Cow<'o, [u8]>>,
    /// What the header says about sender and recipients, where this is a whole message and not
    /// a part of one.
    pub envelope: Option<Box<Envelope<'o>>>,
    /// What the body holds.
    pub content: Content<'o>,
}

/// What the body of an [`Entity`] holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content<'o> {
    /// Something without inner structure.
    Leaf,
    /// Body parts; never none: a multipart in which no boundary was found gets
    /// one empty part, because IMAP cannot say "no parts".
    Multipart(Vec<Entity<'o>>),
    /// A whole message (`message/rfc822`).
    Message(Box<Entity<'o>>),
}

/// What of a message or part is meant, once its number has led there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Portion {
    /// `BODY[]`, or the body of a part, as in `BODY[1]`.
    Whole,
    /// The header block of a message: `BODY[HEADER]`, or `BODY[3.HEADER]` for a
    /// part that holds one. `HEADER.FIELDS` are a [`Header::subset`] of it.
    Header,
    /// The body of a message: `BODY[TEXT]`, `BODY[3.TEXT]`.
    Text,
    /// The header block of the part itself: `BODY[3.MIME]`.
    Mime,
}

impl Structure<'static> {
    /// Finds the structure of a message. Every byte string has one; nesting
    /// and number of parts are bounded, and what lies deeper is shown as
    /// `application/octet-stream`.
    pub fn parse(message: &[u8]) -> Self {
        let mut parser = Parser::new();
        parser.feed(message);
        parser.finish()
    }
}

impl<'o> Structure<'o> {
    /// The part with that number, for instance `[4, 2]` for `4.2`: parts of a
    /// multipart count from 1, a message that is none has its body as part 1,
    /// and below a `message/rfc822` part the numbers go on within its message.
    /// Nothing where there is no such part, or for an empty path.
    pub fn part(&self, path: &[u32]) -> Option<&Entity<'o>> {
        let (&first, rest) = path.split_first()?;
        let mut current = part_of_message(&self.root, first)?;
        for &number in rest {
            current = match &current.content {
                Content::Leaf => return None,
                Content::Multipart(parts) => nth(parts, number)?,
                Content::Message(message) => part_of_message(message, number)?,
            };
        }
        Some(current)
    }

    /// The octets of a section: a part number, empty for the message itself,
    /// and what of it is meant. Nothing where there is no such section.
    pub fn section(&self, path: &[u32], portion: Portion) -> Option<Span> {
        if path.is_empty() {
            return match portion {
                Portion::Whole => Some(self.root.span()),
                Portion::Header => Some(self.root.header),
                Portion::Text => Some(self.root.body),
                Portion::Mime => None,
            };
        }
        let part = self.part(path)?;
        match (portion, &part.content) {
            (Portion::Whole, _) => Some(part.body),
            (Portion::Mime, _) => Some(part.header),
            (Portion::Header, Content::Message(message)) => Some(message.header),
            (Portion::Text, Content::Message(message)) => Some(message.body),
            (Portion::Header | Portion::Text, _) => None,
        }
    }
}

impl<'o> Entity<'o> {
    /// Header and body together.
    pub fn span(&self) -> Span {
        Span::new(self.header.start, self.body.end)
    }

    /// The header fields, read from the octets that the structure was found in.
    pub fn fields<'m>(&self, message: &'m [u8]) -> Header<'m> {
        Header::new(message, self.header)
    }

    /// It and every entity below it, from top to bottom.
    pub fn walk(&self) -> Walk<'_, 'o> {
        Walk { pending: vec![self] }
    }

    /// The entities directly below it.
    pub fn children(&self) -> &[Entity<'o>] {
        match &self.content {
            Content::Leaf => &[],
            Content::Multipart(parts) => parts,
            Content::Message(message) => std::slice::from_ref(message),
        }
    }
}

/// Every entity of a tree, each before those below it.
#[derive(Clone, Debug)]
pub struct Walk<'e, 'o> {
    pending: Vec<&'e Entity<'o>>,
}

impl<'e, 'o> Iterator for Walk<'e, 'o> {
    type Item = &'e Entity<'o>;

    fn next(&mut self) -> Option<Self::Item> {
        let entity = self.pending.pop()?;
        self.pending.extend(entity.children().iter().rev());
        Some(entity)
    }
}

/// A message's own part of that number: one of its multipart's, or its body.
fn part_of_message<'e, 'o>(message: &'e Entity<'o>, number: u32) -> Option<&'e Entity<'o>> {
    match &message.content {
        Content::Multipart(parts) => nth(parts, number),
        Content::Leaf | Content::Message(_) => (number == 1).then_some(message),
    }
}

fn nth<'e, 'o>(parts: &'e [Entity<'o>], number: u32) -> Option<&'e Entity<'o>> {
    let index = usize::try_from(number).ok()?.checked_sub(1)?;
    parts.get(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shape of RFC 3501's example of part specifiers (section 6.4.5).
    const NESTED: &str = "Subject: outer\r\nContent-Type: multipart/mixed; boundary=A\r\n\r\n\
        --A\r\n\r\none\r\n\
        --A\r\nContent-Type: application/octet-stream\r\n\r\ntwo\r\n\
        --A\r\nContent-Type: message/rfc822\r\n\r\n\
        Subject: three\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n\
        --B\r\n\r\nthree one\r\n--B\r\nContent-Type: application/octet-stream\r\n\r\nthree two\r\n--B--\r\n\
        --A\r\nContent-Type: multipart/mixed; boundary=C\r\n\r\n\
        --C\r\nContent-Type: image/gif\r\n\r\nfour one\r\n\
        --C\r\nContent-Type: message/rfc822\r\n\r\n\
        Subject: four two\r\nContent-Type: multipart/mixed; boundary=D\r\n\r\n\
        --D\r\n\r\nfour two one\r\n\
        --D\r\nContent-Type: multipart/alternative; boundary=E\r\n\r\n\
        --E\r\n\r\nfour two two one\r\n--E\r\nContent-Type: text/richtext\r\n\r\nfour two two two\r\n--E--\r\n\
        --D--\r\n--C--\r\n--A--\r\n";

    fn text(path: &[u32], portion: Portion) -> Option<&'static str> {
        let structure = Structure::parse(NESTED.as_bytes());
        let span = structure.section(path, portion)?;
        Some(std::str::from_utf8(span.of(NESTED.as_bytes())).unwrap())
    }

    #[test]
    fn part_numbers_lead_to_their_bodies() {
        let expected: [(&[u32], &str); 8] = [
            (&[1], "one"),
            (&[2], "two"),
            (&[3, 1], "three one"),
            (&[3, 2], "three two"),
            (&[4, 1], "four one"),
            (&[4, 2, 1], "four two one"),
            (&[4, 2, 2, 1], "four two two one"),
            (&[4, 2, 2, 2], "four two two two"),
        ];
        for (path, body) in expected {
            assert_eq!(text(path, Portion::Whole), Some(body), "{path:?}");
        }
    }

    #[test]
    fn headers_and_texts_of_encapsulated_messages_are_sections() {
        assert_eq!(
            text(&[3], Portion::Header),
            Some("Subject: three\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n")
        );
        assert!(text(&[3], Portion::Text).unwrap().starts_with("--B\r\n"));
        assert!(text(&[3], Portion::Text).unwrap().ends_with("--B--"));
        assert!(text(&[3], Portion::Whole).unwrap().starts_with("Subject: three"));
        assert!(text(&[4, 2], Portion::Header).unwrap().starts_with("Subject: four two"));
        assert_eq!(text(&[4, 1], Portion::Mime), Some("Content-Type: image/gif\r\n\r\n"));
        assert_eq!(text(&[1], Portion::Mime), Some("\r\n"));
    }

    #[test]
    fn sections_that_do_not_exist_are_none() {
        for path in [&[0][..], &[5], &[1, 1], &[3, 3], &[3, 0], &[4, 3], &[u32::MAX]] {
            assert_eq!(text(path, Portion::Whole), None, "{path:?}");
        }
        assert_eq!(text(&[1], Portion::Header), None);
        assert_eq!(text(&[4], Portion::Text), None);
        assert_eq!(text(&[], Portion::Mime), None);
    }

    #[test]
    fn a_plain_message_has_its_body_as_part_one() {
        let message = b"Subject: x\r\n\r\nhello\r\n";
        let structure = Structure::parse(message);
        let whole = structure.section(&[1], Portion::Whole).unwrap();
        assert_eq!(whole.of(message), b"hello\r\n");
        let mime = structure.section(&[1], Portion::Mime).unwrap();
        assert_eq!(mime.of(message), b"Subject: x\r\n\r\n");
        assert_eq!(structure.section(&[1, 1], Portion::Whole), None);
        assert_eq!(structure.section(&[], Portion::Whole).unwrap().of(message), message);
    }

    #[test]
    fn a_message_that_is_a_message_nests_below_part_one() {
        let message = b"Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nhi";
        let structure = Structure::parse(message);
        let get = |path: &[u32], portion| structure.section(path, portion).unwrap().of(message);
        assert_eq!(get(&[1], Portion::Whole), b"Subject: in\r\n\r\nhi");
        assert_eq!(get(&[1], Portion::Header), b"Subject: in\r\n\r\n");
        assert_eq!(get(&[1], Portion::Text), b"hi");
        assert_eq!(get(&[1, 1], Portion::Whole), b"hi");
    }

    #[test]
    fn walking_visits_each_entity_before_those_below() {
        let structure = Structure::parse(NESTED.as_bytes());
        let kinds: Vec<_> = structure.root.walk().map(|entity| &*entity.media.subtype).collect();
        assert_eq!(
            kinds,
            [
                "mixed",
                "plain",
                "octet-stream",
                "rfc822",
                "mixed",
                "plain",
                "octet-stream",
                "mixed",
                "gif",
                "rfc822",
                "mixed",
                "plain",
                "alternative",
                "plain",
                "richtext"
            ]
        );
    }
}
