//! The form in which a structure is kept beside its message, so that a server need not read the
//! message again to tell what it is made of. Read back only where it was written by [`encode`];
//! anything else gives nothing.

use std::borrow::Cow;
use std::sync::Arc;

use super::address::Address;
use super::envelope::Envelope;
use super::media::{Disposition, MediaType, Parameter};
use super::span::Span;
use super::structure::{Content, Entity, Structure};

/// The first octet: the version of the form.
const VERSION: u8 = 1;
/// How deep entities nest at most; deeper ones were not written.
const DEPTH: usize = 80;

/// A structure as octets.
pub fn encode(structure: &Structure<'_>) -> Vec<u8> {
    let mut out = Writer(Vec::with_capacity(256));
    out.0.push(VERSION);
    out.entity(&structure.root);
    out.0
}

/// The structure that these octets stand for; its texts are these octets.
pub fn decode(octets: &[u8]) -> Option<Structure<'_>> {
    structure(octets, Envelopes::All)
}

/// The same without the envelope of the message itself, for those who do not look at that.
pub fn decode_parts(octets: &[u8]) -> Option<Structure<'_>> {
    structure(octets, Envelopes::OfPartsOnly)
}

/// A structure in the form in which it is kept, from which it is read again as often as somebody
/// asks: that costs less than to own each of its texts.
#[derive(Clone, Debug)]
pub struct Kept(Arc<Vec<u8>>);

impl Kept {
    /// What has been kept; nothing where it is of another version.
    pub fn new(octets: Vec<u8>) -> Option<Self> {
        (octets.first() == Some(&VERSION)).then(|| Self(Arc::new(octets)))
    }

    /// As it would be kept.
    pub fn of(structure: &Structure<'_>) -> Self {
        Self(Arc::new(encode(structure)))
    }

    /// The structure; nothing where what has been kept is damaged.
    pub fn structure(&self) -> Option<Structure<'_>> {
        decode(&self.0)
    }

    /// The same without the envelope of the message itself, for those who do not look at that.
    pub fn parts(&self) -> Option<Structure<'_>> {
        decode_parts(&self.0)
    }
}

/// Which envelopes are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Envelopes {
    All,
    OfPartsOnly,
}

fn structure(octets: &[u8], envelopes: Envelopes) -> Option<Structure<'_>> {
    let (&VERSION, rest) = octets.split_first()? else { return None };
    let mut reader = Reader(rest);
    let root = reader.entity(DEPTH, envelopes)?;
    reader.0.is_empty().then_some(Structure { root })
}

struct Writer(Vec<u8>);

impl Writer {
    /// Seven bits an octet, the lowest first.
    fn number(&mut self, mut number: usize) {
        while number >= 0x80 {
            self.0.push((number & 0x7F) as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn text(&mut self, text: &[u8]) {
        self.number(text.len());
        self.0.extend_from_slice(text);
    }

    /// 0 for none, otherwise the length and one.
    fn optional(&mut self, text: Option<&[u8]>) {
        match text {
            None => self.number(0),
            Some(text) => {
                self.number(text.len().saturating_add(1));
                self.0.extend_from_slice(text);
            }
        }
    }

    fn list<T>(&mut self, list: &[T], mut each: impl FnMut(&mut Self, &T)) {
        self.number(list.len());
        for one in list {
            each(self, one);
        }
    }

    fn parameters(&mut self, parameters: &[Parameter<'_>]) {
        self.list(parameters, |out, parameter| {
            out.text(parameter.name.as_bytes());
            out.text(&parameter.value);
        });
    }

    fn entity(&mut self, entity: &Entity<'_>) {
        self.number(entity.header.start);
        self.number(entity.header.len());
        self.number(entity.body.len());
        self.number(entity.lines);
        self.text(entity.media.kind.as_bytes());
        self.text(entity.media.subtype.as_bytes());
        self.parameters(&entity.media.parameters);
        self.optional(entity.encoding.as_ref().map(|encoding| encoding.as_bytes()));
        self.optional(entity.id.as_deref());
        self.optional(entity.description.as_deref());
        self.optional(entity.md5.as_deref());
        self.number(usize::from(entity.disposition.is_some()));
        if let Some(disposition) = &entity.disposition {
            self.text(disposition.kind.as_bytes());
            self.parameters(&disposition.parameters);
        }
        self.list(&entity.languages, |out, tag| out.text(tag.as_bytes()));
        self.optional(entity.location.as_deref());
        self.number(usize::from(entity.envelope.is_some()));
        if let Some(envelope) = &entity.envelope {
            self.envelope(envelope);
        }
        match &entity.content {
            Content::Leaf => self.number(0),
            Content::Message(message) => {
                self.number(1);
                self.entity(message);
            }
            Content::Multipart(parts) => {
                self.number(2);
                self.list(parts, |out, part| out.entity(part));
            }
        }
    }

    fn envelope(&mut self, envelope: &Envelope<'_>) {
        for text in [&envelope.date, &envelope.subject, &envelope.in_reply_to, &envelope.message_id] {
            self.optional(text.as_deref());
        }
        // Mostly the same as `From`.
        self.addresses(&envelope.from);
        for list in [&envelope.sender, &envelope.reply_to] {
            self.number(usize::from(*list != envelope.from));
            if *list != envelope.from {
                self.addresses(list);
            }
        }
        for list in [&envelope.to, &envelope.cc, &envelope.bcc] {
            self.addresses(list);
        }
    }

    fn addresses(&mut self, list: &[Address<'_>]) {
        self.list(list, |out, address| match address {
            Address::Mailbox { name, route, local, domain } => {
                out.number(0);
                out.optional(name.as_deref());
                out.optional(route.as_deref());
                out.text(local);
                out.text(domain);
            }
            Address::GroupStart(name) => {
                out.number(1);
                out.text(name);
            }
            Address::GroupEnd => out.number(2),
        });
    }
}

struct Reader<'o>(&'o [u8]);

impl<'o> Reader<'o> {
    fn number(&mut self) -> Option<usize> {
        let mut number: usize = 0;
        for shift in (0..usize::BITS).step_by(7) {
            let (&octet, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= usize::from(octet & 0x7F).checked_shl(shift)?;
            if octet < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn take(&mut self, count: usize) -> Option<&'o [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn text(&mut self) -> Option<Cow<'o, [u8]>> {
        let count = self.number()?;
        Some(Cow::Borrowed(self.take(count)?))
    }

    fn string(&mut self) -> Option<Cow<'o, str>> {
        let count = self.number()?;
        Some(Cow::Borrowed(std::str::from_utf8(self.take(count)?).ok()?))
    }

    #[expect(clippy::option_option, reason = "the outer one is whether it can be read")]
    fn optional(&mut self) -> Option<Option<Cow<'o, [u8]>>> {
        match self.number()?.checked_sub(1) {
            None => Some(None),
            Some(count) => Some(Some(Cow::Borrowed(self.take(count)?))),
        }
    }

    fn list<T>(&mut self, mut each: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.number()?;
        let mut list = Vec::with_capacity(count.min(self.0.len()));
        for _ in 0..count {
            list.push(each(self)?);
        }
        Some(list)
    }

    fn parameters(&mut self) -> Option<Vec<Parameter<'o>>> {
        self.list(|from| Some(Parameter { name: from.string()?, value: from.text()? }))
    }

    fn is_there(&mut self) -> Option<bool> {
        Some(self.number()? == 1)
    }

    fn entity(&mut self, depth: usize, envelopes: Envelopes) -> Option<Entity<'o>> {
        let depth = depth.checked_sub(1)?;
        let start = self.number()?;
        let header = Span::new(start, start.checked_add(self.number()?)?);
        let body = Span::new(header.end, header.end.checked_add(self.number()?)?);
        Some(Entity {
            header,
            body,
            lines: self.number()?,
            media: MediaType {
                kind: self.string()?,
                subtype: self.string()?,
                parameters: self.parameters()?,
            },
            encoding: match self.number()?.checked_sub(1) {
                Some(count) => Some(Cow::Borrowed(std::str::from_utf8(self.take(count)?).ok()?)),
                None => None,
            },
            id: self.optional()?,
            description: self.optional()?,
            md5: self.optional()?,
            disposition: match self.is_there()? {
                true => Some(Disposition { kind: self.string()?, parameters: self.parameters()? }),
                false => None,
            },
            languages: self.list(Self::string)?,
            location: self.optional()?,
            envelope: match (self.is_there()?, envelopes) {
                (true, Envelopes::All) => Some(Box::new(self.envelope()?)),
                (true, Envelopes::OfPartsOnly) => {
                    self.skip_envelope()?;
                    None
                }
                (false, _) => None,
            },
            content: match self.number()? {
                0 => Content::Leaf,
                1 => Content::Message(Box::new(self.entity(depth, Envelopes::All)?)),
                _ => Content::Multipart(self.list(|from| from.entity(depth, Envelopes::All))?),
            },
        })
    }

    fn envelope(&mut self) -> Option<Envelope<'o>> {
        let [date, subject, in_reply_to, message_id] =
            [self.optional()?, self.optional()?, self.optional()?, self.optional()?];
        let from = self.addresses()?;
        let sender = if self.is_there()? { self.addresses()? } else { from.clone() };
        let reply_to = if self.is_there()? { self.addresses()? } else { from.clone() };
        let [to, cc, bcc] = [self.addresses()?, self.addresses()?, self.addresses()?];
        Some(Envelope { date, subject, from, sender, reply_to, to, cc, bcc, in_reply_to, message_id })
    }

    fn skip_envelope(&mut self) -> Option<()> {
        (0..4).try_for_each(|_| self.skip_optional())?;
        self.skip_addresses()?;
        for _sender_and_reply_to in 0..2 {
            if self.is_there()? {
                self.skip_addresses()?;
            }
        }
        (0..3).try_for_each(|_| self.skip_addresses())
    }

    fn skip_addresses(&mut self) -> Option<()> {
        for _ in 0..self.number()? {
            match self.number()? {
                0 => {
                    self.skip_optional()?;
                    self.skip_optional()?;
                    self.skip_text()?;
                    self.skip_text()?;
                }
                1 => self.skip_text()?,
                _ => {}
            }
        }
        Some(())
    }

    fn skip_text(&mut self) -> Option<()> {
        let count = self.number()?;
        self.take(count).map(drop)
    }

    fn skip_optional(&mut self) -> Option<()> {
        let count = self.number()?.saturating_sub(1);
        self.take(count).map(drop)
    }

    fn addresses(&mut self) -> Option<Vec<Address<'o>>> {
        self.list(|from| {
            Some(match from.number()? {
                0 => Address::Mailbox {
                    name: from.optional()?,
                    route: from.optional()?,
                    local: from.text()?,
                    domain: from.text()?,
                },
                1 => Address::GroupStart(from.text()?),
                _ => Address::GroupEnd,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            message in "(From: |Sender: |To: |g:a@b;|Content-Type: |message/rfc822|multipart/digest; boundary=x\
                        |Content-Disposition: a; b=c|Content-Language: de, en|\r\n|\r\n|--x|-|\u{e9}| ){0,40}"
        ) {
            let structure = Structure::parse(message.as_bytes());
            let octets = encode(&structure);
            prop_assert_eq!(decode(&octets), Some(structure.clone()));
            let mut parts = structure;
            parts.root.envelope = None;
            prop_assert_eq!(decode_parts(&octets), Some(parts));
            for cut in 0..octets.len() {
                prop_assert_eq!(decode(&octets[..cut]), None);
            }
        }

        #[test]
        fn any_octets_can_be_tried(octets in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = decode(&octets);
            let _ = decode_parts(&[&[VERSION], &octets[..]].concat());
            let _ = decode(&[&[VERSION], &octets[..]].concat());
        }
    }
}
