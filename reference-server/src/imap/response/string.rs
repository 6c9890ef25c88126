//! Strings in answers: quoted where they can be, as literals where they must
//! (RFC 3501, sections 4.3 and 9: string, nstring, astring).

use super::number;
use crate::imap::syntax::{Names, is_astring_char};

/// The longest string that is quoted, in octets.
const QUOTED_LIMIT: usize = 1000;

/// ```abnf
/// string = quoted / literal
/// ```
pub(crate) fn string(out: &mut Vec<u8>, value: &[u8]) {
    let quotable =
        value.len() <= QUOTED_LIMIT && value.is_ascii() && memchr::memchr3(0, b'\r', b'\n', value).is_none();
    if !quotable {
        literal(out, value);
        return;
    }
    quoted(out, value);
}

fn quoted(out: &mut Vec<u8>, value: &[u8]) {
    out.push(b'"');
    if memchr::memchr2(b'"', b'\\', value).is_none() {
        out.extend_from_slice(value);
        out.push(b'"');
        return;
    }
    for &octet in value {
        if matches!(octet, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(octet);
    }
    out.push(b'"');
}

/// ```abnf
/// nstring = string / nil
/// ```
pub(crate) fn nstring(out: &mut Vec<u8>, value: Option<&[u8]>) {
    match value {
        Some(value) => string(out, value),
        None => out.extend_from_slice(b"NIL"),
    }
}

/// ```abnf
/// literal = "{" number "}" CRLF *CHAR8
/// ```
fn literal(out: &mut Vec<u8>, value: &[u8]) {
    literal_head(out, u64::try_from(value.len()).unwrap_or(u64::MAX));
    out.extend(value.iter().map(|&octet| travelling(octet)));
}

/// The part of a literal that stands before its octets.
pub(crate) fn literal_head(out: &mut Vec<u8>, octets: u64) {
    out.push(b'{');
    number(out, octets);
    out.extend_from_slice(b"}\r\n");
}

/// NUL can not travel in IMAP (RFC 3501, section 9, note 3); where a message holds one, 0x80
/// stands for it, so that the count of octets stays true.
pub(crate) fn travelling(octet: u8) -> u8 {
    if octet == 0 { 0x80 } else { octet }
}

/// ```abnf
/// mailbox = "INBOX" / astring
/// ```
/// The name as the session has names written, as an atom where it can be one.
pub(crate) fn mailbox_name(out: &mut Vec<u8>, name: &str, names: Names) {
    let wire = names.encode(name);
    if !wire.is_empty() && wire.bytes().all(is_astring_char) {
        out.extend_from_slice(wire.as_bytes());
    } else if names == Names::Utf8 {
        // No name has a control character in it, so quotes hold every one.
        quoted(out, wire.as_bytes());
    } else {
        string(out, wire.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imap::syntax::Cursor;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        out.escape_ascii().to_string()
    }

    #[test]
    fn a_string_is_quoted_unless_it_can_not_be() {
        assert_eq!(written(|out| string(out, b"")), r#"\"\""#);
        assert_eq!(written(|out| string(out, br#"a"b\"#)), r#"\"a\\\"b\\\\\""#);
        assert_eq!(written(|out| string(out, b"a\r\nb")), r"{4}\r\na\r\nb");
        assert_eq!(written(|out| string(out, b"\xe9")), r"{1}\r\n\xe9");
        assert_eq!(written(|out| nstring(out, None)), "NIL");
    }

    #[test]
    fn nul_does_not_travel_and_the_count_stays() {
        assert_eq!(written(|out| literal(out, b"a\0b")), r"{3}\r\na\x80b");
    }

    #[test]
    fn mailbox_names_are_atoms_where_they_can_be() {
        assert_eq!(written(|out| mailbox_name(out, "INBOX", Names::ModifiedUtf7)), "INBOX");
        assert_eq!(written(|out| mailbox_name(out, "a b", Names::ModifiedUtf7)), r#"\"a b\""#);
        assert_eq!(written(|out| mailbox_name(out, "\u{e9}", Names::ModifiedUtf7)), "&AOk-");
        assert_eq!(written(|out| mailbox_name(out, "a%b", Names::ModifiedUtf7)), r#"\"a%b\""#);
        assert_eq!(written(|out| mailbox_name(out, "", Names::ModifiedUtf7)), r#"\"\""#);
        assert_eq!(written(|out| mailbox_name(out, "a&\u{e9}", Names::Utf8)), r#"\"a&\xc3\xa9\""#);
        assert_eq!(written(|out| mailbox_name(out, "a&b", Names::Utf8)), "a&b");
    }

    proptest::proptest! {
        #[test]
        fn a_string_that_is_written_reads_back(value in proptest::collection::vec(1u8..=255, 0..1200)) {
            let mut out = Vec::new();
            string(&mut out, &value);
            let mut cursor = Cursor::whole(&out, 0);
            proptest::prop_assert_eq!(cursor.string(), Ok(value));
            proptest::prop_assert!(cursor.end().is_ok());
        }
    }
}
