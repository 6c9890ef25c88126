//! The head of every command: its tag and its name (RFC 3501, section 9: command).

use super::cursor::{Cursor, ParseError, Parsed, is_astring_char};

/// The largest tag that is answered with; what is longer is taken for noise, in octets.
const TAG_LIMIT: usize = 256;

/// The tag and the name of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// The client's tag, as it came.
    pub(crate) tag: String,
    /// The command's name in upper case; `UID` and the name behind it make one, as in `UID FETCH`.
    pub(crate) name: String,
}

/// ```abnf
/// command = tag SP (command-any / command-auth / command-nonauth / command-select) CRLF
/// ```
/// Takes the tag and the name and leaves the cursor behind the name. The tag is given apart, so
/// that an answer can carry it even where the name is wrong.
pub(crate) fn head(cursor: &mut Cursor<'_>) -> (Option<String>, Parsed<Head>) {
    let Some(tag) = tag(cursor) else {
        return (None, Err(ParseError::Syntax("a tag was expected")));
    };
    let name = name(cursor);
    (Some(tag.clone()), name.map(|name| Head { tag, name }))
}

/// The tag of a line that is not parsed any further (it is too long, or ends wrongly).
pub(crate) fn salvage_tag(line: &[u8]) -> Option<String> {
    tag(&mut Cursor::whole(line, 0))
}

/// ```abnf
/// tag = 1*<any ASTRING-CHAR except "+">
/// ```
fn tag(cursor: &mut Cursor<'_>) -> Option<String> {
    let run = cursor.take_while(|octet| is_astring_char(octet) && octet != b'+');
    let ends = matches!(cursor.peek(), Some(b' ' | b'\r' | b'\n') | None);
    if run.is_empty() || run.len() > TAG_LIMIT || !ends {
        return None;
    }
    Some(String::from_utf8_lossy(run).into_owned())
}

fn name(cursor: &mut Cursor<'_>) -> Parsed<String> {
    cursor.space()?;
    let mut name = cursor.atom()?.to_ascii_uppercase();
    if name == "UID" {
        cursor.space()?;
        name.push(' ');
        name.push_str(&cursor.atom()?.to_ascii_uppercase());
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (Option<String>, Parsed<Head>) {
        head(&mut Cursor::whole(text.as_bytes(), 0))
    }

    #[test]
    fn tag_and_name_are_taken_and_uid_goes_with_its_command() {
        let (tag, found) = parse("a.1] uid fetch 1 FLAGS");
        assert_eq!(tag.as_deref(), Some("a.1]"));
        assert_eq!(found.map(|head| head.name), Ok("UID FETCH".to_owned()));
    }

    #[test]
    fn a_wrong_name_still_has_its_tag() {
        let (tag, found) = parse("a1 (NOOP)");
        assert_eq!(tag.as_deref(), Some("a1"));
        assert!(found.is_err());
        assert_eq!(parse("a1").0.as_deref(), Some("a1"));
        assert!(parse("a1  NOOP").1.is_err());
    }

    #[test]
    fn what_is_no_tag_is_not_answered_as_one() {
        for line in ["", " NOOP", "+ NOOP", "a+b NOOP", "* NOOP", "(a NOOP", "\u{e9} NOOP", "a\0 NOOP"] {
            assert_eq!(parse(line).0, None, "{line:?}");
        }
        let long = "x".repeat(300);
        assert_eq!(parse(&long).0, None);
    }
}
