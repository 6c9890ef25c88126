//! Flags as arguments (RFC 3501, sections 2.3.2 and 9: flag, flag-list).

use super::cursor::{Cursor, ParseError, Parsed};
use crate::store::{Flags, SystemFlag};

/// The longest keyword, in octets.
const KEYWORD_LIMIT: usize = 128;

/// The most flags in one list.
const FLAG_LIMIT: usize = 200;

/// A flag that a client may name. `\Recent` is none of them: no client can set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FlagName {
    /// A system flag.
    System(SystemFlag),
    /// A keyword, as it was written.
    Keyword(String),
}

impl FlagName {
    /// Whether the flag is set.
    pub(crate) fn is_in(&self, flags: &Flags) -> bool {
        match self {
            Self::System(flag) => flags.has(*flag),
            Self::Keyword(keyword) => flags.has_keyword(keyword),
        }
    }

    fn add_to(&self, flags: &mut Flags) {
        match self {
            Self::System(flag) => flags.insert(*flag),
            Self::Keyword(keyword) => flags.insert_keyword(keyword),
        }
    }
}

/// ```abnf
/// flag           = "\Answered" / "\Flagged" / "\Deleted" / "\Seen" / "\Draft" /
///                  flag-keyword / flag-extension
/// flag-extension = "\" atom
/// ```
/// There are no flag extensions yet, so one can be read and not stored: it is refused, as is
/// `\Recent`.
fn flag(cursor: &mut Cursor<'_>) -> Parsed<FlagName> {
    if !cursor.eat(b'\\') {
        return Ok(FlagName::Keyword(keyword(cursor)?));
    }
    let name = format!("\\{}", cursor.atom()?);
    match SystemFlag::parse(&name) {
        Some(flag) => Ok(FlagName::System(flag)),
        None if name.eq_ignore_ascii_case("\\Recent") => {
            Err(ParseError::Syntax("\\Recent can not be set by a client"))
        }
        None => Err(ParseError::Syntax("there is no such system flag")),
    }
}

/// ```abnf
/// flag-keyword = atom
/// ```
pub(crate) fn keyword(cursor: &mut Cursor<'_>) -> Parsed<String> {
    let name = cursor.atom()?;
    if name.len() > KEYWORD_LIMIT {
        return Err(ParseError::Limit("the keyword is too long"));
    }
    Ok(name.to_owned())
}

/// ```abnf
/// flag-list = "(" [flag *(SP flag)] ")"
/// ```
pub(crate) fn flag_list(cursor: &mut Cursor<'_>) -> Parsed<Flags> {
    cursor.expect(b'(', "a list of flags was expected")?;
    if cursor.eat(b')') {
        return Ok(Flags::new());
    }
    let flags = flags(cursor)?;
    cursor.expect(b')', "the list of flags does not end")?;
    Ok(flags)
}

/// ```abnf
/// flag *(SP flag)
/// ```
pub(crate) fn flags(cursor: &mut Cursor<'_>) -> Parsed<Flags> {
    let mut flags = Flags::new();
    for _ in 0..FLAG_LIMIT {
        flag(cursor)?.add_to(&mut flags);
        if cursor.peek() != Some(b' ') {
            return Ok(flags);
        }
        cursor.space()?;
    }
    Err(ParseError::Limit("too many flags"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Parsed<String> {
        let mut cursor = Cursor::whole(text.as_bytes(), 0);
        let flags = flag_list(&mut cursor)?;
        cursor.end()?;
        Ok(flags.to_string())
    }

    #[test]
    fn system_flags_are_known_in_every_case_and_keywords_keep_theirs() {
        assert_eq!(list("(\\sEEN $Forwarded)"), Ok("\\Seen $Forwarded".to_owned()));
        assert_eq!(list("()"), Ok(String::new()));
    }

    #[test]
    fn recent_and_unknown_system_flags_are_refused() {
        for text in ["(\\Recent)", "(\\Nonsense)", "(\\*)", "( \\Seen)", "(\\Seen )", "(a  b)", "(a"] {
            assert!(list(text).is_err(), "{text}");
        }
    }
}
