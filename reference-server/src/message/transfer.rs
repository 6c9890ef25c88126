//! Content-transfer-encodings (RFC 2045, section 6) undone, as IMAP's BINARY and SEARCH want it,
//! and put on where IMAP4rev1 could not show a part without one (RFC 3516, section 6).
//!
//! Decoding is total: what a broken text says as far as it says anything.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::decoder::Base64;
use super::header::Header;
use super::span::Span;
use super::structure::{Content, Entity, Structure};

/// How many octets make a full line of base64 (RFC 2045, section 6.8: 76 characters).
const OCTETS_A_LINE: usize = 57;

/// A transfer encoding that can be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `7bit`, `8bit`, `binary`: there is nothing to undo.
    Identity,
    /// `quoted-printable`
    QuotedPrintable,
    /// `base64`
    Base64,
}

impl Encoding {
    /// The encoding of that name, `7BIT` where none is given (RFC 2045, section 6.1); nothing
    /// for one that nobody knows.
    pub fn named(name: Option<&str>) -> Option<Self> {
        match name.unwrap_or("7bit").to_ascii_lowercase().as_str() {
            "7bit" | "8bit" | "binary" => Some(Self::Identity),
            "quoted-printable" => Some(Self::QuotedPrintable),
            "base64" => Some(Self::Base64),
            _ => None,
        }
    }

    /// The text with the encoding undone.
    pub fn decode(self, text: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Self::Identity => Cow::Borrowed(text),
            Self::QuotedPrintable => Cow::Owned(quoted_printable(text)),
            Self::Base64 => Cow::Owned(base64(text)),
        }
    }
}

/// How the transfer encoding of a part of a message is taken away, as [`decoded`] does.
pub(crate) type Decode = for<'m> fn(&'m [u8], &Entity<'_>) -> Option<Cow<'m, [u8]>>;

/// The body of a part with its transfer encoding undone; nothing where the encoding is unknown.
/// Lines of text end with CRLF, however they were stored (RFC 3516, section 6); base64 and
/// `binary` say octets, not lines, and nothing is changed in these.
pub fn decoded<'m>(message: &'m [u8], entity: &Entity<'_>) -> Option<Cow<'m, [u8]>> {
    let encoding = Encoding::named(entity.encoding.as_deref())?;
    let content = encoding.decode(entity.body.of(message));
    let octets_only = encoding == Encoding::Base64 || is_binary(entity);
    if octets_only || !entity.media.is_kind("text") || !has_bare_line_feed(&content) {
        return Some(content);
    }
    Some(Cow::Owned(with_crlf(&content)))
}

/// A line that stands for itself: `=XX` is an octet, `=` at the end of a line joins it with the
/// next, and blanks at the end of a line were added on the way (RFC 2045, section 6.7). An `=`
/// that begins neither is itself.
pub(super) fn quoted_printable(text: &[u8]) -> Vec<u8> {
    let mut content = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|&octet| octet == b'\n') {
        let bare = super::header::without_line_end(line);
        let end = line.get(bare.len()..).unwrap_or_default();
        let padding = bare.iter().rev().take_while(|&&octet| matches!(octet, b' ' | b'\t')).count();
        let bare = bare.get(..bare.len().saturating_sub(padding)).unwrap_or_default();
        match bare.strip_suffix(b"=") {
            Some(joined) => quoted_octets(&mut content, joined),
            None => {
                quoted_octets(&mut content, bare);
                content.extend_from_slice(end);
            }
        }
    }
    content
}

fn quoted_octets(content: &mut Vec<u8>, line: &[u8]) {
    let mut rest = line;
    while let Some((&octet, behind)) = rest.split_first() {
        let digits = behind.first_chunk::<2>().filter(|_| octet == b'=');
        match digits.and_then(|&[high, low]| Some((hexadecimal(high)? << 4) | hexadecimal(low)?)) {
            Some(value) => {
                content.push(value);
                rest = behind.get(2..).unwrap_or_default();
            }
            None => {
                content.push(octet);
                rest = behind;
            }
        }
    }
}

fn hexadecimal(digit: u8) -> Option<u8> {
    u8::try_from(char::from(digit).to_digit(16)?).ok()
}

fn base64(text: &[u8]) -> Vec<u8> {
    let mut content = Vec::with_capacity(text.len() / 4 * 3);
    Base64::default().feed(text, &mut content);
    content
}

pub(super) fn is_binary(entity: &Entity<'_>) -> bool {
    entity.encoding.as_deref().is_some_and(|name| name.eq_ignore_ascii_case("binary"))
}

fn has_bare_line_feed(text: &[u8]) -> bool {
    memchr::memchr_iter(b'\n', text)
        .any(|at| at.checked_sub(1).and_then(|before| text.get(before)) != Some(&b'\r'))
}

fn with_crlf(text: &[u8]) -> Vec<u8> {
    let mut content = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|&octet| octet == b'\n') {
        let bare = super::header::without_line_end(line);
        content.extend_from_slice(bare);
        if bare.len() < line.len() {
            content.extend_from_slice(b"\r\n");
        }
    }
    content
}

/// The message in a form that IMAP4rev1 can show: NUL can not travel in its literals, so that
/// parts in `binary` that hold one are put into base64, and nothing else is touched (RFC 3516,
/// section 6: only where it must be).
pub fn fit_for_literals(message: &[u8]) -> Cow<'_, [u8]> {
    if !message.contains(&0) {
        return Cow::Borrowed(message);
    }
    let structure = Structure::parse(message);
    let mut changes = Vec::new();
    put_into_base64(message, &structure.root, &mut changes);
    if changes.is_empty() {
        return Cow::Borrowed(message);
    }
    changes.sort_unstable_by_key(|(span, _)| span.start);
    let (mut fit, mut from) = (Vec::with_capacity(message.len() / 3 * 4), 0);
    for (span, text) in changes {
        fit.extend_from_slice(Span::new(from, span.start).of(message));
        fit.extend_from_slice(&text);
        from = span.end;
    }
    fit.extend_from_slice(Span::new(from, message.len()).of(message));
    Cow::Owned(fit)
}

/// Notes what is to be put in the place of which octets; tells whether there is anything.
/// What holds a part that was `binary` and is no more becomes `8bit` itself.
fn put_into_base64(message: &[u8], entity: &Entity<'_>, changes: &mut Vec<(Span, Vec<u8>)>) -> bool {
    let body = entity.body.of(message);
    if entity.content != Content::Leaf {
        let children = entity.children().iter();
        let changed = children.filter(|child| put_into_base64(message, child, changes)).count() > 0;
        if changed && is_binary(entity) {
            changes.extend(encoding_field(message, entity, "8bit"));
        }
        return changed;
    }
    if !is_binary(entity) || !body.contains(&0) {
        return false;
    }
    let mut text = Vec::with_capacity(body.len() / 3 * 4);
    for line in body.chunks(OCTETS_A_LINE) {
        text.extend_from_slice(STANDARD.encode(line).as_bytes());
        text.extend_from_slice(b"\r\n");
    }
    changes.extend(encoding_field(message, entity, "base64"));
    changes.push((entity.body, text));
    true
}

/// Another `Content-Transfer-Encoding` in the place of the first one.
fn encoding_field(message: &[u8], entity: &Entity<'_>, name: &str) -> Option<(Span, Vec<u8>)> {
    let field = Header::new(message, entity.header).first("Content-Transfer-Encoding")?;
    Some((field.span, format!("Content-Transfer-Encoding: {name}\r\n").into_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(name: &str, text: &str) -> Vec<u8> {
        Encoding::named(Some(name)).unwrap().decode(text.as_bytes()).into_owned()
    }

    #[test]
    fn only_known_encodings_have_names() {
        assert_eq!(Encoding::named(None), Some(Encoding::Identity));
        assert_eq!(Encoding::named(Some("BASE64")), Some(Encoding::Base64));
        assert_eq!(Encoding::named(Some("x-uuencode")), None);
    }

    #[test]
    fn quoted_printable_follows_its_rules() {
        // The example of RFC 2045, section 6.7.
        let example = "Now's the time =\r\nfor all folk to come=\r\n to the aid of their country.";
        let folk = b"Now's the time for all folk to come to the aid of their country.";
        assert_eq!(decode("quoted-printable", example), folk);
        assert_eq!(decode("quoted-printable", "a=3D=e4=\t \r\nb \t\r\nc"), b"a=\xe4b\r\nc");
        assert_eq!(decode("quoted-printable", "=ZZ = =4"), b"=ZZ = =4");
        assert_eq!(decode("quoted-printable", "cut="), b"cut");
    }

    #[test]
    fn base64_passes_over_what_is_not_in_its_alphabet_and_ends_at_padding() {
        assert_eq!(decode("base64", "S+Rz\r\n*!ZQ==\r\nQUJD"), b"K\xe4se");
        assert_eq!(decode("base64", "QUJDR"), b"ABC");
        assert_eq!(decode("base64", "QUJDRA"), b"ABCD");
        assert_eq!(decode("base64", ""), b"");
    }

    fn first_part(message: &[u8]) -> Option<Vec<u8>> {
        let structure = Structure::parse(message);
        decoded(message, structure.part(&[1])?).map(Cow::into_owned)
    }

    #[test]
    fn lines_of_text_end_with_crlf_and_octets_are_left_alone() {
        assert_eq!(first_part(b"A: b\n\none\ntwo\r\n").unwrap(), b"one\r\ntwo\r\n");
        let binary = b"Content-Transfer-Encoding: binary\r\n\r\none\n";
        assert_eq!(first_part(binary).unwrap(), b"one\n");
        let encoded = b"Content-Transfer-Encoding: base64\r\n\r\nb25lCg==";
        assert_eq!(first_part(encoded).unwrap(), b"one\n");
        assert_eq!(first_part(b"Content-Transfer-Encoding: x\r\n\r\none"), None);
    }

    #[test]
    fn a_binary_part_with_nul_is_put_into_base64_and_says_the_same() {
        let message =
            b"Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: binary\r\n\r\n\
            --b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: BINARY\r\n\r\na\0b\r\n\
            --b\r\nContent-Transfer-Encoding: binary\r\n\r\nno nul\r\n--b--\r\n";
        let fit = fit_for_literals(message);
        let text = String::from_utf8(fit.to_vec()).unwrap();
        assert!(text.contains("boundary=b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n--b"), "{text}");
        assert!(text.contains("base64\r\n\r\nYQBi\r\n\r\n--b"), "{text}");
        assert!(text.contains("binary\r\n\r\nno nul\r\n--b--"), "{text}");
        assert_eq!(first_part(&fit).unwrap(), b"a\0b");
        assert!(matches!(fit_for_literals(b"A: b\r\n\r\nc\0d"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(content in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut message = b"Content-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n\r\n\0".to_vec();
            message.extend(&content);
            let fit = fit_for_literals(&message);
            prop_assert!(!fit.contains(&0));
            prop_assert_eq!(&first_part(&fit).unwrap()[1..], content.as_slice());
        }

        #[test]
        fn anything_can_be_decoded(text in proptest::collection::vec(any::<u8>(), 0..300)) {
            for encoding in [Encoding::Base64, Encoding::QuotedPrintable] {
                prop_assert!(encoding.decode(&text).len() <= text.len());
            }
        }
    }
}
