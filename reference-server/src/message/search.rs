//! Text as a person sees it, for IMAP's SEARCH (RFC 3501, section 6.4.4):
//! encoded words and charsets decoded, by mail-parser; transfer encodings, by [`transfer`].
//! Not for FETCH, which shows the octets as they are.

use std::borrow::Cow;

use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::parsers::MessageStream;

use super::header::Header;
use super::structure::{Entity, Structure};
use super::transfer;

/// The longest text that is tried as one encoded word; RFC 2047, section 2
/// allows 75 characters, senders take more.
const MAX_ENCODED_WORD: usize = 1_000;

/// An unfolded field value with its encoded words decoded (RFC 2047,
/// section 6.2); white space between two of them vanishes. What is not UTF-8
/// becomes replacement characters.
pub fn decode_value(value: &[u8]) -> Cow<'_, str> {
    match find(value, b"=?") {
        None => String::from_utf8_lossy(value),
        Some(_) => String::from_utf8_lossy(&decode_octets(value)).into_owned().into(),
    }
}

/// The same, with what is not UTF-8 as it stands.
pub fn decode_octets(value: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(value.len());
    let mut rest = value;
    let mut after_word = false;
    while let Some(start) = find(rest, b"=?") {
        let (before, from) = rest.split_at(start);
        let Some((word, length)) = encoded_word(from) else {
            let (plain, behind) = rest.split_at(start + 2);
            text.extend_from_slice(plain);
            rest = behind;
            after_word = false;
            continue;
        };
        if !(after_word && before.trim_ascii().is_empty()) {
            text.extend_from_slice(before);
        }
        text.extend_from_slice(word.as_bytes());
        after_word = true;
        rest = from.get(length..).unwrap_or_default();
    }
    text.extend_from_slice(rest);
    text
}

/// Decodes the encoded word that `from` begins with, and tells its length.
fn encoded_word(from: &[u8]) -> Option<(String, usize)> {
    let window = from.get(1..from.len().min(MAX_ENCODED_WORD))?;
    let mut stream = MessageStream::new(window);
    let word = stream.decode_rfc2047()?;
    Some((word, stream.offset() + 1))
}

/// All fields of a header block as text, one `Name: value` a line.
pub fn header_text(header: &Header<'_>) -> String {
    let mut text = String::with_capacity(header.raw().len());
    for field in header.fields() {
        text.push_str(&String::from_utf8_lossy(field.name));
        text.push_str(": ");
        text.push_str(&decode_value(&field.value()));
        text.push_str("\r\n");
    }
    text
}

/// The texts in a message's body, one after the other: every part of type
/// `text`, decoded, and the headers of parts and of encapsulated messages. Other
/// content is left out, as RFC 3501, section 6.4.4 allows.
pub fn body_texts<'s>(
    message: &'s [u8],
    structure: &'s Structure,
) -> impl Iterator<Item = Cow<'s, str>> + 's {
    structure.root.walk().enumerate().flat_map(move |(index, entity)| {
        let header = (index > 0).then(|| Cow::Owned(header_text(&entity.fields(message))));
        let text = entity.media.is_kind("text").then(|| part_text(message, entity));
        header.into_iter().chain(text)
    })
}

/// The body of a text part, its transfer encoding and charset undone. What
/// cannot be decoded is taken as it stands.
pub fn part_text<'m>(message: &'m [u8], entity: &Entity) -> Cow<'m, str> {
    match transfer::decoded(message, entity) {
        Some(Cow::Owned(decoded)) => text_of(&decoded, entity).into_owned().into(),
        Some(Cow::Borrowed(body)) => text_of(body, entity),
        None => text_of(entity.body.of(message), entity),
    }
}

/// Octets of a text part, its transfer encoding undone already, as text.
pub fn text_of<'o>(octets: &'o [u8], entity: &Entity) -> Cow<'o, str> {
    if let Ok(text) = std::str::from_utf8(octets) {
        // True for UTF-8 and US-ASCII alike, unless the charset is one that
        // spells other text in 7 bits.
        if memchr::memchr(0x1B, octets).is_none() {
            return text.into();
        }
    }
    let charset = entity.media.parameter("charset").unwrap_or_default();
    match charset_decoder(charset) {
        Some(decode) if !charset.is_empty() => decode(octets).into(),
        _ => String::from_utf8_lossy(octets),
    }
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
        body_texts(message.as_bytes(), &structure).collect()
    }

    #[test]
    fn encoded_words_are_decoded_and_the_blank_between_them_vanishes() {
        assert_eq!(decode_value(b"=?utf-8?Q?K=C3=A4se?= und =?iso-8859-1?B?5A==?="), "Käse und ä");
        assert_eq!(decode_value(b"a =?utf-8?Q?b?= \t=?utf-8?Q?c?= d"), "a bc d");
    }

    #[test]
    fn what_is_no_encoded_word_stays() {
        assert_eq!(decode_value(b"=?x =?utf-8?Q?a?= 1 =? 2"), "=?x a 1 =? 2");
        assert_eq!(decode_value(b"plain  text"), "plain  text");
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
            let _ = decode_value(value.as_bytes());
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
