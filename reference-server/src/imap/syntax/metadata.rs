//! Names and values of annotations as arguments (RFC 5464, section 5).

use super::cursor::{Cursor, ParseError, Parsed};
use crate::store::{Audience, EntryName};

/// The longest name, in octets.
const NAME_LIMIT: usize = 250;

/// The most names, or names with values, in one command.
const ENTRY_LIMIT: usize = 100;

/// The largest value, in octets.
pub(crate) const VALUE_LIMIT: u64 = 8 * 1024;

/// ```abnf
/// entry = astring      ; slash-separated path to entry, without "*" and "%"
/// ```
/// It begins with `/private` or `/shared` (section 6).
fn entry(cursor: &mut Cursor<'_>) -> Parsed<EntryName> {
    const WRONG: ParseError = ParseError::Syntax("an entry can not have this name");
    let text = String::from_utf8(cursor.astring()?).map_err(|_| WRONG)?;
    if text.len() > NAME_LIMIT {
        return Err(ParseError::Limit("the name of the entry is too long"));
    }
    let (audience, path) = [("/private", Audience::Private), ("/shared", Audience::Shared)]
        .into_iter()
        .find_map(|(prefix, audience)| {
            let (start, path) = text.split_at_checked(prefix.len())?;
            start.eq_ignore_ascii_case(prefix).then_some((audience, path))
        })
        .ok_or(WRONG)?;
    let sound = |octet: u8| octet.is_ascii() && octet > 0x19 && !matches!(octet, b'*' | b'%');
    let of_levels =
        path.is_empty() || (path.starts_with('/') && !path.ends_with('/') && !path.contains("//"));
    match of_levels && path.bytes().all(sound) {
        true => Ok(EntryName { audience, path: path.to_owned() }),
        false => Err(WRONG),
    }
}

/// ```abnf
/// entries = entry / "(" entry *(SP entry) ")"
/// ```
pub(crate) fn entries(cursor: &mut Cursor<'_>) -> Parsed<Vec<EntryName>> {
    match cursor.peek() {
        Some(b'(') => entry_list(cursor),
        _ => Ok(vec![entry(cursor)?]),
    }
}

/// ```abnf
/// "(" entry *(SP entry) ")"
/// ```
pub(crate) fn entry_list(cursor: &mut Cursor<'_>) -> Parsed<Vec<EntryName>> {
    cursor.expect(b'(', "a list of entries was expected")?;
    let mut all = Vec::new();
    for _ in 0..ENTRY_LIMIT {
        all.push(entry(cursor)?);
        if cursor.eat(b')') {
            return Ok(all);
        }
        cursor.space()?;
    }
    Err(ParseError::Limit("too many entries"))
}

/// ```abnf
/// entry-values = "(" entry-value *(SP entry-value) ")"
/// entry-value  = entry SP value
/// ```
/// The beginning alone of all names is the name of none.
pub(crate) fn entry_values(cursor: &mut Cursor<'_>) -> Parsed<Vec<(EntryName, Option<Vec<u8>>)>> {
    cursor.expect(b'(', "a list of entries and values was expected")?;
    let mut all = Vec::new();
    for _ in 0..ENTRY_LIMIT {
        let name = entry(cursor)?;
        if name.path.is_empty() {
            return Err(ParseError::Syntax("an entry can not have this name"));
        }
        cursor.space()?;
        all.push((name, value(cursor)?));
        if cursor.eat(b')') {
            return Ok(all);
        }
        cursor.space()?;
    }
    Err(ParseError::Limit("too many entries"))
}

/// ```abnf
/// value = nstring / literal8
/// ```
fn value(cursor: &mut Cursor<'_>) -> Parsed<Option<Vec<u8>>> {
    let value = match cursor.peek() {
        Some(b'~') => cursor.binary_literal(VALUE_LIMIT).map(<[u8]>::to_vec),
        Some(b'{') => cursor.literal(VALUE_LIMIT).map(<[u8]>::to_vec),
        Some(b'"') => cursor.string(),
        _ if cursor.eat_word("NIL") => return Ok(None),
        _ => Err(ParseError::Syntax("a value or NIL was expected")),
    };
    match value {
        Err(ParseError::LiteralTooLarge { .. }) => Err(ParseError::ValueTooLarge),
        Ok(value) if u64::try_from(value.len()).is_ok_and(|octets| octets > VALUE_LIMIT) => {
            Err(ParseError::ValueTooLarge)
        }
        other => other.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Parsed<EntryName> {
        let mut cursor = Cursor::whole(text.as_bytes(), 0);
        let name = entry(&mut cursor)?;
        cursor.end()?;
        Ok(name)
    }

    #[test]
    fn names_are_paths_below_private_or_shared() {
        let name = named("/Private/comment").unwrap();
        assert_eq!((name.audience, name.path.as_str()), (Audience::Private, "/comment"));
        assert_eq!(named("/shared").unwrap().path, "");
        for wrong in [
            "comment",
            "/comment",
            "/privately",
            "/private/",
            "/private//a",
            "/shared/a/",
            "\"/shared/a*\"",
            "\"/shared/%\"",
            "\"/shared/a\u{7}\"",
            "\"\"",
        ] {
            assert!(named(wrong).is_err(), "{wrong}");
        }
        assert!(matches!(named(&format!("/private/{}", "a".repeat(250))), Err(ParseError::Limit(_))));
    }

    #[test]
    fn values_are_strings_binary_or_nothing() {
        let values = |text: &[u8]| entry_values(&mut Cursor::whole(text, 0));
        let all =
            values(b"(/shared/a \"x\" /private/b nil /shared/c ~{2}\r\n\0y /shared/d {1}\r\nz)").unwrap();
        let all: Vec<_> = all.into_iter().map(|(_, value)| value).collect();
        assert_eq!(all, [Some(b"x".to_vec()), None, Some(b"\0y".to_vec()), Some(b"z".to_vec())]);
        for wrong in ["()", "(/shared \"x\")", "(/shared/a)", "(/shared/a x)", "/shared/a \"x\""] {
            assert!(values(wrong.as_bytes()).is_err(), "{wrong}");
        }
        assert_eq!(values(b"(/shared/a {8193}\r\n"), Err(ParseError::ValueTooLarge));
        let long = format!("(/shared/a \"{}\")", "x".repeat(8193));
        assert_eq!(values(long.as_bytes()), Err(ParseError::ValueTooLarge));
    }
}
