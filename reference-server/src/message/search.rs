//! Text as a person sees it, for IMAP's SEARCH (RFC 3501, section 6.4.4):
//! encoded words and charsets decoded, by mail-parser; transfer encodings, by [`transfer`].
//! Not for FETCH, which shows the octets as they are.

use std::borrow::Cow;

use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::parsers::MessageStream;

use super::collation::{Collated, Needle};
use super::header::Header;
use super::structure::{Entity, Structure};
use super::transfer::{self, Encoding};

/// The longest text that is tried as one encoded word; RFC 2047, section 2
/// allows 75 characters, senders take more.
const MAX_ENCODED_WORD: usize = 1_000;

/// A text of a message, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decoded<'m> {
    /// As UTF-8.
    Text(Cow<'m, str>),
    /// Something of it is in no known charset, or not as its charset has it: the octets before any
    /// conversion (RFC 5255, section 4.6).
    Octets(Cow<'m, [u8]>),
}

impl<'m> Decoded<'m> {
    fn of(octets: &'m [u8]) -> Self {
        match std::str::from_utf8(octets) {
            Ok(text) => Self::Text(text.into()),
            Err(_) => Self::Octets(octets.into()),
        }
    }

    /// The octets, of whichever kind.
    pub fn octets(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Octets(octets) => octets,
        }
    }

    /// Whether the needle is in it.
    pub fn holds(&self, needle: &Needle) -> bool {
        match self {
            Self::Text(text) => needle.is_in(text),
            Self::Octets(octets) => needle.is_in_octets(octets),
        }
    }

    /// Some of these octets as they are ordered among others.
    pub fn collated(&self, octets: &[u8]) -> Collated {
        match self {
            Self::Text(_) => Collated::of(octets),
            Self::Octets(_) => Collated::Octets(octets.to_vec()),
        }
    }
}

/// Decodes the encoded words in an unfolded field value (RFC 2047, section 6.2); white space between
/// two of them vanishes.
pub fn decode(value: &[u8]) -> Decoded<'_> {
    if find(value, b"=?").is_none() {
        return Decoded::of(value);
    }
    let (mut text, mut raw, mut whole) = (Vec::with_capacity(value.len()), Vec::new(), true);
    let mut rest = value;
    let mut after_word = false;
    while let Some(start) = find(rest, b"=?") {
        let (before, from) = rest.split_at(start);
        let Some((word, length)) = encoded_word(from) else {
            let (plain, behind) = rest.split_at(start + 2);
            text.extend_from_slice(plain);
            raw.extend_from_slice(plain);
            rest = behind;
            after_word = false;
            continue;
        };
        if !(after_word && before.trim_ascii().is_empty()) {
            text.extend_from_slice(before);
            raw.extend_from_slice(before);
        }
        let octets = from.get(..length).and_then(undone);
        whole &= octets.is_some() && is_converted(from, &word);
        text.extend_from_slice(word.as_bytes());
        raw.extend_from_slice(octets.as_deref().unwrap_or(word.as_bytes()));
        after_word = true;
        rest = from.get(length..).unwrap_or_default();
    }
    text.extend_from_slice(rest);
    raw.extend_from_slice(rest);
    match String::from_utf8(text) {
        Ok(text) if whole => Decoded::Text(text.into()),
        _ => Decoded::Octets(raw.into()),
    }
}

/// The charset, the encoding and the text of an encoded word.
fn fields_of(word: &[u8]) -> Option<(&[u8], u8, &[u8])> {
    let mut fields = word.strip_prefix(b"=?")?.splitn(3, |&octet| octet == b'?');
    let (charset, encoding, rest) = (fields.next()?, fields.next()?, fields.next()?);
    // A language may stand behind the charset (RFC 2231, section 5).
    let charset = charset.split(|&octet| octet == b'*').next()?;
    Some((charset, encoding.first()?.to_ascii_lowercase(), rest))
}

/// The octets of an encoded word, in its charset.
fn undone(word: &[u8]) -> Option<Vec<u8>> {
    let (_, encoding, rest) = fields_of(word)?;
    let text = rest.strip_suffix(b"?=").unwrap_or(rest);
    Some(match encoding {
        b'b' => Encoding::Base64.decode(text).into_owned(),
        _ => {
            let text = text.iter().flat_map(|octet| match octet {
                b'_' => &b"=20"[..],
                octet => std::slice::from_ref(octet),
            });
            Encoding::QuotedPrintable.decode(&text.copied().collect::<Vec<u8>>()).into_owned()
        }
    })
}

/// Whether the word that `from` begins with was in a charset that is known, and right in it.
fn is_converted(from: &[u8], word: &str) -> bool {
    fields_of(from).is_some_and(|(charset, ..)| is_known(charset))
        && !word.contains(char::REPLACEMENT_CHARACTER)
}

/// Whether text in the charset of this name can be converted.
fn is_known(charset: &[u8]) -> bool {
    let ours = [&b""[..], b"utf-8", b"utf8", b"us-ascii", b"ascii"];
    ours.iter().any(|name| charset.eq_ignore_ascii_case(name)) || charset_decoder(charset).is_some()
}

/// Decodes the encoded word that `from` begins with, and tells its length.
fn encoded_word(from: &[u8]) -> Option<(String, usize)> {
    let window = from.get(1..from.len().min(MAX_ENCODED_WORD))?;
    let mut stream = MessageStream::new(window);
    let word = stream.decode_rfc2047()?;
    Some((word, stream.offset() + 1))
}

/// All fields of a header block: those that are text together, one `Name: value` a line, each other
/// one by itself.
pub fn header_texts(header: &Header<'_>) -> Vec<Decoded<'static>> {
    let mut text = String::with_capacity(header.raw().len());
    let mut others = Vec::new();
    for field in header.fields() {
        let value = field.value();
        match (std::str::from_utf8(field.name), decode(&value)) {
            (Ok(name), Decoded::Text(value)) => {
                for piece in [name, ": ", &value, "\r\n"] {
                    text.push_str(piece);
                }
            }
            (_, value) => {
                let line = [field.name, b": ", value.octets()].concat();
                others.push(Decoded::Octets(line.into()));
            }
        }
    }
    std::iter::once(Decoded::Text(text.into())).chain(others).collect()
}

/// The texts in a message's body, one after the other: every part of type
/// `text`, decoded, and the headers of parts and of encapsulated messages. Other
/// content is left out, as RFC 3501, section 6.4.4 allows.
pub fn body_texts<'s>(message: &'s [u8], structure: &'s Structure<'_>) -> impl Iterator<Item = Decoded<'s>> {
    structure.root.walk().enumerate().flat_map(move |(index, entity)| {
        let header = (index > 0).then(|| header_texts(&entity.fields(message)));
        let text = entity.media.is_kind("text").then(|| part(message, entity));
        header.into_iter().flatten().chain(text)
    })
}

/// The body of a text part, its transfer encoding and charset undone; without the transfer
/// encoding only as far as that can be undone.
fn part<'m>(message: &'m [u8], entity: &Entity<'_>) -> Decoded<'m> {
    let octets = transfer::decoded(message, entity).unwrap_or(Cow::Borrowed(entity.body.of(message)));
    match octets {
        Cow::Borrowed(octets) => match converted(octets, entity) {
            Some(text) => Decoded::Text(text),
            None => Decoded::Octets(octets.into()),
        },
        Cow::Owned(octets) => match converted(&octets, entity) {
            Some(text) => Decoded::Text(text.into_owned().into()),
            None => Decoded::Octets(octets.into()),
        },
    }
}

/// The same as text, with replacement characters for what is none.
pub fn part_text<'m>(message: &'m [u8], entity: &Entity<'_>) -> Cow<'m, str> {
    match part(message, entity) {
        Decoded::Text(text) => text,
        Decoded::Octets(octets) => String::from_utf8_lossy(&octets).into_owned().into(),
    }
}

/// Octets of a text part, its transfer encoding undone already, as text; nothing where its charset is
/// not known, or they are not as that has them.
pub fn converted<'o>(octets: &'o [u8], entity: &Entity<'_>) -> Option<Cow<'o, str>> {
    let charset = entity.media.parameter("charset").unwrap_or_default();
    if !is_known(charset) {
        return None;
    }
    if let Ok(text) = std::str::from_utf8(octets) {
        // True for UTF-8 and US-ASCII alike, unless the charset is one that
        // spells other text in 7 bits.
        if memchr::memchr(0x1B, octets).is_none() {
            return Some(text.into());
        }
    }
    let decode = charset_decoder(charset).filter(|_| !charset.is_empty())?;
    Some(decode(octets)).filter(|text| !text.contains(char::REPLACEMENT_CHARACTER)).map(Cow::Owned)
}

fn find(text: &[u8], what: &[u8; 2]) -> Option<usize> {
    memchr::memmem::find(text, what)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(message: &str) -> String {
        let structure = Structure::parse(message.as_bytes());
        let texts = body_texts(message.as_bytes(), &structure);
        texts.map(|text| String::from_utf8_lossy(text.octets()).into_owned()).collect()
    }

    fn text(text: &str) -> Decoded<'_> {
        Decoded::Text(text.into())
    }

    #[test]
    fn encoded_words_are_decoded_and_the_blank_between_them_vanishes() {
        assert_eq!(decode(b"=?utf-8?Q?K=C3=A4se?= und =?iso-8859-1?B?5A==?="), text("Käse und ä"));
        assert_eq!(decode(b"a =?utf-8?Q?b?= \t=?utf-8?Q?c?= d"), text("a bc d"));
    }

    #[test]
    fn what_is_no_encoded_word_stays() {
        assert_eq!(decode(b"=?x =?utf-8?Q?a?= 1 =? 2"), text("=?x a 1 =? 2"));
        assert_eq!(decode(b"plain  text"), text("plain  text"));
    }

    #[test]
    fn what_can_not_be_converted_keeps_its_octets() {
        let octets = |value: &'static [u8]| Decoded::Octets(value.into());
        assert_eq!(decode(b"a =?x-none?q?B_=FF?= =?utf-8?q?=C3=A4?="), octets(b"a B \xff\xc3\xa4"));
        assert_eq!(decode(b"=?utf-8?b?w/8=?="), octets(b"\xc3\xff"));
        assert_eq!(decode(b"caf\xe9"), octets(b"caf\xe9"));
        let message = b"Content-Type: text/plain; charset=x-none\r\n\r\nText";
        let structure = Structure::parse(message);
        let found: Vec<Decoded<'_>> = body_texts(message, &structure).collect();
        assert_eq!(found, [octets(b"Text")]);
    }

    #[test]
    fn octets_are_searched_as_they_are() {
        let holds = |value: &[u8], needle: &str| decode(value).holds(&Needle::new(needle.as_bytes()));
        assert!(holds(b"Hello", "hELL"));
        assert!(holds(b"Hello \xff", "Hell") && !holds(b"Hello \xff", "hell"));
        assert!(!holds(b"\xff", "\u{fffd}") && holds(b"\xff", ""));
    }

    #[test]
    fn transfer_encodings_and_charsets_are_undone() {
        assert!(
            texts("Content-Transfer-Encoding: quoted-printable\r\n\r\nsoft=\r\nbreak").contains("softbreak")
        );
        assert!(texts("Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: base64\r\n\r\nS+RzZQ==\r\n").contains("Käse"));
    }

    #[test]
    fn parts_that_are_not_text_are_left_out_and_headers_within_are_not() {
        let found = texts(
            "Subject: outer\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n\
            --x\r\nContent-Type: image/gif; name=picture\r\n\r\nGIFDATA\r\n\
            --x\r\nContent-Type: message/rfc822\r\n\r\nSubject: =?utf-8?q?inner?=\r\n\r\ndeep\r\n--x--\r\n",
        );
        assert!(!found.contains("GIFDATA"));
        assert!(!found.contains("outer"));
        assert!(found.contains("picture"));
        assert!(found.contains("Subject: inner"));
        assert!(found.contains("deep"));
    }

    proptest! {
        #[test]
        fn any_value_can_be_decoded(value in "[=?a-cQB8\\-\u{e4} _]{0,60}") {
            let _ = decode(value.as_bytes());
        }

        #[test]
        fn any_body_can_be_decoded(
            encoding in prop_oneof![Just("base64"), Just("quoted-printable"), Just("x")],
            charset in prop_oneof![Just("utf-7"), Just("utf-16"), Just("iso-2022-jp"), Just("shift_jis"), Just("gb18030"), Just("big5"), Just("euc-kr"), Just("")],
            body in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let mut message = format!("Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n").into_bytes();
            message.extend(body);
            let structure = Structure::parse(&message);
            let _ = body_texts(&message, &structure).count();
        }
    }
}
