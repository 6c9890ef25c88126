//! The beginning of a message's text, for lists of messages (RFC 8970).

use super::search::part_text;
use super::span::Span;
use super::structure::{Content, Entity, Structure};

/// How many characters a preview has at most (RFC 8970, section 3.3).
const CHARACTERS: usize = 200;

/// The part whose text stands for the message: the first plain text, or else the first HTML, that
/// is no attachment. Nothing where there is none, in encrypted messages for instance.
pub fn preview_part<'e, 'o>(structure: &'e Structure<'o>) -> Option<&'e Entity<'o>> {
    let texts = || structure.root.walk().filter(|entity| is_shown(entity));
    let of = |subtype: &str| texts().find(|entity| entity.media.is("text", subtype));
    of("plain").or_else(|| of("html"))
}

fn is_shown(entity: &Entity<'_>) -> bool {
    let attached = |kind: &str| kind.eq_ignore_ascii_case("attachment");
    entity.content == Content::Leaf
        && !entity.body.is_empty()
        && !entity.disposition.as_ref().is_some_and(|disposition| attached(&disposition.kind))
}

/// The preview, out of the beginning of that part's body: on one line, without markup.
pub fn preview(part: &Entity<'_>, body: &[u8]) -> String {
    let mut entity = part.clone();
    entity.body = Span::new(0, body.len());
    let text = part_text(body, &entity);
    let text = match entity.media.is("text", "html") {
        true => mail_parser::decoders::html::html_to_text(&text).into(),
        false => text,
    };
    let words = text.split(|character: char| character.is_whitespace() || character.is_control());
    let mut line = String::new();
    for word in words.filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > 4 * CHARACTERS {
            break;
        }
    }
    line.chars().take(CHARACTERS).collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(message: &[u8]) -> String {
        let structure = Structure::parse(message);
        preview_part(&structure).map(|part| preview(part, part.body.of(message))).unwrap_or_default()
    }

    #[test]
    fn the_text_is_decoded_and_stands_on_one_line() {
        assert_eq!(of(b"Subject: x\r\n\r\n Hello,\r\n\r\n\tworld  !\r\n"), "Hello, world !");
        let encoded = b"Content-Type: text/plain; charset=iso-8859-1\r\n\
            Content-Transfer-Encoding: base64\r\n\r\nS+RzZQ==\r\n";
        assert_eq!(of(encoded), "K\u{e4}se");
        assert_eq!(of("A: b\r\n\r\n\u{e4}".as_bytes()), "\u{e4}");
    }

    #[test]
    fn markup_goes_and_plain_text_is_preferred() {
        let html =
            b"Content-Type: text/html\r\n\r\n<html><style>p {}</style><p>Hello &amp; <b>bye</b></p></html>";
        assert_eq!(of(html), "Hello & bye");
        let both = b"Content-Type: multipart/alternative; boundary=b\r\n\r\n\
            --b\r\nContent-Type: text/html\r\n\r\n<p>html</p>\r\n--b\r\n\r\nplain\r\n--b--\r\n";
        assert_eq!(of(both), "plain");
    }

    #[test]
    fn where_there_is_no_text_there_is_no_preview() {
        assert_eq!(of(b"Content-Type: image/png\r\n\r\nxxx"), "");
        assert_eq!(of(b"Content-Disposition: attachment\r\n\r\nxxx"), "");
        assert_eq!(of(b"Subject: x\r\n\r\n"), "");
    }

    proptest! {
        #[test]
        fn a_preview_is_never_too_long(body in proptest::collection::vec(any::<u8>(), 0..2000), html in any::<bool>()) {
            let kind = if html { "html" } else { "plain" };
            let mut message = format!("Content-Type: text/{kind}\r\n\r\n").into_bytes();
            message.extend(body);
            let preview = of(&message);
            prop_assert!(preview.chars().count() <= CHARACTERS);
            prop_assert!(!preview.contains(['\r', '\n', '\0']));
        }
    }
}
