//! The arguments of SORT and THREAD (RFC 5256, section 5; RFC 5957, section 5).

use super::cursor::{Cursor, ParseError, Parsed};
use super::results::return_options;
use super::search::{SearchProgram, search_keys};
use crate::imap::order::{Criterion, Direction, SortKey};

/// The most criteria in one SORT.
const CRITERIA_LIMIT: usize = 50;

/// Which algorithm makes threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// `ORDEREDSUBJECT`
    OrderedSubject,
    /// `REFERENCES`
    References,
}

/// ```abnf
/// extended-sort   = ["UID" SP] "SORT" search-return-opts      ; RFC 5267, section 5
///                   SP sort-criteria SP search-criteria
/// sort-criteria   = "(" sort-criterion *(SP sort-criterion) ")"
/// search-criteria = charset 1*(SP search-key)
/// ```
/// The part behind the name.
pub(crate) fn sort_program(cursor: &mut Cursor<'_>) -> Parsed<(Vec<Criterion>, SearchProgram)> {
    let (options, update_items) = return_options(cursor)?;
    cursor.space()?;
    cursor.expect(b'(', "a list of sort criteria was expected")?;
    let mut criteria = Vec::new();
    loop {
        criteria.push(criterion(cursor)?);
        if criteria.len() > CRITERIA_LIMIT {
            return Err(ParseError::Limit("too many sort criteria"));
        }
        if cursor.eat(b')') {
            break;
        }
        cursor.space()?;
    }
    cursor.space()?;
    let charset = charset(cursor)?;
    let keys = search_keys(cursor)?;
    Ok((criteria, SearchProgram { options, update_items, charset: Some(charset), keys }))
}

/// ```abnf
/// thread = ["UID" SP] "THREAD" SP thread-alg SP search-criteria
/// ```
pub(crate) fn thread_program(cursor: &mut Cursor<'_>) -> Parsed<(Algorithm, SearchProgram)> {
    cursor.space()?;
    let algorithm = match cursor.atom()?.to_ascii_uppercase().as_str() {
        "ORDEREDSUBJECT" => Algorithm::OrderedSubject,
        "REFERENCES" => Algorithm::References,
        _ => return Err(ParseError::Syntax("there is no such threading algorithm")),
    };
    cursor.space()?;
    let charset = charset(cursor)?;
    let (charset, keys) = (Some(charset), search_keys(cursor)?);
    Ok((algorithm, SearchProgram { options: None, update_items: Vec::new(), charset, keys }))
}

/// ```abnf
/// sort-criterion = ["REVERSE" SP] sort-key
/// sort-key       = "ARRIVAL" / "CC" / "DATE" / "FROM" / "SIZE" / "SUBJECT" / "TO" /
///                  "DISPLAYFROM" / "DISPLAYTO"      ; RFC 5957, section 5
/// ```
fn criterion(cursor: &mut Cursor<'_>) -> Parsed<Criterion> {
    let direction = if cursor.eat_word("REVERSE ") { Direction::Descending } else { Direction::Ascending };
    let key = match cursor.atom()?.to_ascii_uppercase().as_str() {
        "ARRIVAL" => SortKey::Arrival,
        "CC" => SortKey::Cc,
        "DATE" => SortKey::Date,
        "DISPLAYFROM" => SortKey::DisplayFrom,
        "DISPLAYTO" => SortKey::DisplayTo,
        "FROM" => SortKey::From,
        "SIZE" => SortKey::Size,
        "SUBJECT" => SortKey::Subject,
        "TO" => SortKey::To,
        _ => return Err(ParseError::Syntax("there is no such sort criterion")),
    };
    Ok(Criterion { key, direction })
}

/// ```abnf
/// charset = atom / quoted
/// ```
fn charset(cursor: &mut Cursor<'_>) -> Parsed<Vec<u8>> {
    match cursor.peek() {
        Some(b'"') => cursor.string(),
        _ => Ok(cursor.atom()?.as_bytes().to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn criteria_charset_and_keys_are_read() {
        let text = b" RETURN (COUNT) (SUBJECT reverse DATE) \"utf-8\" UNSEEN SINCE 1-Feb-1994";
        let mut cursor = Cursor::whole(text, 0);
        let (criteria, program) = sort_program(&mut cursor).unwrap();
        assert!(cursor.end().is_ok());
        assert_eq!(criteria[1], Criterion { key: SortKey::Date, direction: Direction::Descending });
        assert_eq!(program.charset.as_deref(), Some(&b"utf-8"[..]));
        assert_eq!((criteria.len(), program.keys.len()), (2, 2));
        let (algorithm, _) = thread_program(&mut Cursor::whole(b" references US-ASCII ALL", 0)).unwrap();
        assert_eq!(algorithm, Algorithm::References);
    }

    #[test]
    fn wrong_programs_are_refused() {
        for text in [
            " () UTF-8 ALL",
            " (DATE)",
            " (DATE) UTF-8",
            " (DATE) ALL",
            " (REVERSE) UTF-8 ALL",
            " (REVERSE REVERSE DATE) UTF-8 ALL",
            " (AGE) UTF-8 ALL",
            " DATE UTF-8 ALL",
            " (DATE ) UTF-8 ALL",
            " (DATE) {5}\r\nUTF-8 ALL",
        ] {
            let mut cursor = Cursor::whole(text.as_bytes(), 0);
            assert!(sort_program(&mut cursor).and_then(|_| cursor.end()).is_err(), "{text}");
        }
        for text in [" REFS UTF-8 ALL", " REFERENCES ALL", " REFERENCES UTF-8", " UTF-8 ALL"] {
            let mut cursor = Cursor::whole(text.as_bytes(), 0);
            assert!(thread_program(&mut cursor).and_then(|_| cursor.end()).is_err(), "{text}");
        }
    }
}
