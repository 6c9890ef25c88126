//! Header blocks in ASCII in the place of such with octets beyond it, for clients that did not say
//! that they read UTF-8 there (RFC 6855, sections 7 and 8, which recommends the algorithm of RFC
//! 6858, section 2).
//!
//! What is shown is not the message that came: an address in UTF-8 can not be written to, so
//! its place is taken by one that says so, and what has no other form is left out. Fields in ASCII
//! stay octet for octet. Not for mail that is handed on: [`super::downgrade`] is.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::address::{Address, parse_list};
use super::header::{Field, Header};
use super::media::{Disposition, MediaType, Parameter};
use super::span::Span;

/// Fields whose value is a list of addresses (RFC 5322, section 3.6; RFC 6858, section 2).
const ADDRESSES: &[&str] = &[
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Bcc",
    "Resent-From",
    "Resent-Sender",
    "Resent-To",
    "Resent-Cc",
    "Resent-Bcc",
    "Return-Path",
];

/// The address in the place of one that can not be written in ASCII. No domain is called so (RFC
/// 6761, section 6.4).
const NO_ADDRESS: &str = "<invalid@internationalized-address.invalid>";

/// Octets of text in one encoded-word, of which none may be longer than 75 octets (RFC 2047,
/// section 2).
const WORD: usize = 42;

/// The block with fields in ASCII only; as it came where it has no others.
pub(crate) fn surrogate(block: &[u8]) -> Vec<u8> {
    let header = Header::new(block, Span::new(0, block.len()));
    let mut out = Vec::with_capacity(block.len());
    let mut end = 0;
    for field in header.fields() {
        end = field.span.end;
        let whole = field.span.of(block);
        if whole.is_ascii() {
            out.extend_from_slice(whole);
        } else if field.name.is_ascii() {
            out.extend_from_slice(&in_ascii(&field));
        }
    }
    // The blank line.
    out.extend_from_slice(block.get(end..).unwrap_or_default());
    out
}

/// The field in ASCII, with its line end; nothing where it has no such form.
fn in_ascii(field: &Field<'_>) -> Vec<u8> {
    let value = field.value();
    let written = if field.is("Subject") {
        Some(words(&value))
    } else if ADDRESSES.iter().any(|name| field.is(name)) {
        Some(addresses(&parse_list(&value)))
    } else if field.is("Content-Type") {
        MediaType::parse(&value)
            .map(|media| with_parameters(format!("{}/{}", media.kind, media.subtype), &media.parameters))
    } else if field.is("Content-Disposition") {
        Disposition::parse(&value).map(|found| with_parameters(found.kind.into_owned(), &found.parameters))
    } else {
        None
    };
    match written {
        Some(text) if text.is_ascii() => [field.name, b": ", text.as_bytes(), b"\r\n"].concat(),
        _ => Vec::new(),
    }
}

/// The text as encoded-words, each on a line of its own. What is no UTF-8 is in a charset that
/// nobody knows (RFC 1428, section 3).
fn words(text: &[u8]) -> String {
    let charset = if std::str::from_utf8(text).is_ok() { "utf-8" } else { "unknown-8bit" };
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut count = rest.len().min(WORD);
        // No character is cut into two words (RFC 2047, section 5).
        while count > 1 && rest.get(count).is_some_and(|octet| octet & 0xc0 == 0x80) {
            count = count.saturating_sub(1);
        }
        let (word, behind) = rest.split_at(count);
        words.push(format!("=?{charset}?b?{}?=", STANDARD.encode(word)));
        rest = behind;
    }
    words.join("\r\n ")
}

fn addresses(list: &[Address<'_>]) -> String {
    let mut out = String::new();
    let mut first = true;
    for member in list {
        if matches!(member, Address::GroupEnd) {
            out.push(';');
            continue;
        }
        if !std::mem::replace(&mut first, false) {
            out.push_str(",\r\n ");
        }
        match member {
            Address::GroupStart(name) => {
                out.push_str(&phrase(name));
                out.push_str(": ");
                first = true;
            }
            Address::Mailbox { name, local, domain, .. } => {
                out.push_str(&mailbox(name.as_deref(), local, domain));
            }
            Address::GroupEnd => {}
        }
    }
    out
}

/// A mailbox without its source route, which nobody may use (RFC 5322, section 4.4).
fn mailbox(name: Option<&[u8]>, local: &[u8], domain: &[u8]) -> String {
    match (std::str::from_utf8(local), std::str::from_utf8(domain)) {
        (Ok(local), Ok(domain)) if local.is_ascii() && domain.is_ascii() => {
            let at = if domain.is_empty() { "" } else { "@" };
            let address = format!("<{}{at}{domain}>", word(local));
            match name {
                Some(name) => format!("{} {address}", phrase(name)),
                None => address,
            }
        }
        _ => {
            // Who it was is told by the name, as far as there is room (RFC 6858, section 2).
            let mut told = name.unwrap_or_default().to_vec();
            if !told.is_empty() {
                told.push(b' ');
            }
            told.extend_from_slice(&[b"<", local, b"@", domain, b">"].concat());
            format!("{} {NO_ADDRESS}", words(&told))
        }
    }
}

/// ```abnf
/// phrase = 1*word / obs-phrase      ; or encoded-words: RFC 2047, section 5
/// ```
fn phrase(name: &[u8]) -> String {
    match std::str::from_utf8(name) {
        Ok(name) if name.is_ascii() => quoted(name),
        _ => words(name),
    }
}

/// A local part, in quotes where it must be.
fn word(local: &str) -> String {
    let is_dot_atom = !local.is_empty()
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&octet));
    if is_dot_atom { local.to_owned() } else { quoted(local) }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars().filter(|character| !character.is_ascii_control()) {
        if matches!(character, '"' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out.push('"');
    out
}

/// A value with those of its parameters that are in ASCII (RFC 6858, section 2).
fn with_parameters(mut value: String, parameters: &[Parameter<'_>]) -> String {
    for parameter in parameters {
        if let Ok(text) = std::str::from_utf8(&parameter.value)
            && text.is_ascii()
        {
            value.push_str(&format!(";\r\n {}={}", parameter.name, quoted(text)));
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(block: &str) -> String {
        String::from_utf8(surrogate(block.as_bytes())).unwrap()
    }

    #[test]
    fn what_is_ascii_stays_octet_for_octet() {
        let block = "From:  a@b\r\n (c)\r\nno field\r\nSubject: x\r\n\r\n";
        assert_eq!(of(block), block);
        assert_eq!(of("Subject: x"), "Subject: x");
    }

    #[test]
    fn text_becomes_encoded_words() {
        assert_eq!(of("Subject: Gr\u{fc}\u{df}e\r\n\r\n"), "Subject: =?utf-8?b?R3LDvMOfZQ==?=\r\n\r\n");
        let latin = surrogate(b"Subject: caf\xe9\r\n\r\n");
        assert_eq!(latin, b"Subject: =?unknown-8bit?b?Y2Fm6Q==?=\r\n\r\n");
        let long = of(&format!("Subject: {}\r\n\r\n", "\u{20ac}".repeat(100)));
        assert!(long.lines().all(|line| line.len() <= 9 + 75), "{long}");
    }

    #[test]
    fn an_address_is_kept_where_it_can_be_and_told_where_it_can_not() {
        let found = of("From: Zo\u{eb} <zoe@example.net>\r\nTo: b@x.test, \u{e9}@x.test\r\n\r\n");
        assert_eq!(
            found,
            "From: =?utf-8?b?Wm/Dqw==?= <zoe@example.net>\r\nTo: <b@x.test>,\r\n \
             =?utf-8?b?PMOpQHgudGVzdD4=?= <invalid@internationalized-address.invalid>\r\n\r\n"
        );
        assert_eq!(
            of("Cc: Fr\u{e8}res: a@x.test, c@x.test;, d@x.test\r\n\r\n"),
            "Cc: =?utf-8?b?RnLDqHJlcw==?=: <a@x.test>,\r\n <c@x.test>;,\r\n <d@x.test>\r\n\r\n"
        );
    }

    #[test]
    fn a_parameter_is_left_out_and_so_is_a_field_without_another_form() {
        assert_eq!(
            of(
                "Content-Type: image/png; name=\u{e9}; x=y\r\nX-\u{e9}: 1\r\nComments: \u{e9}\r\nA: b\r\n\r\n"
            ),
            "Content-Type: image/png;\r\n x=\"y\"\r\nA: b\r\n\r\n"
        );
    }

    proptest::proptest! {
        #[test]
        fn every_block_becomes_ascii(
            block in proptest::collection::vec(0u8..=255, 0..200),
            name in "(From|To|Subject|Content-Type|X)"
        ) {
            let block = [name.as_bytes(), b": ", &block, b"\r\n\r\n"].concat();
            let end = crate::message::header_end(&block);
            let block = block.get(..end).unwrap_or_default();
            proptest::prop_assert!(surrogate(block).is_ascii());
        }
    }
}
