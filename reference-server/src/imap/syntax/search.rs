//! Search programs (RFC 3501, section 6.4.4 and section 9: search, search-key).

use time::Date;

use super::cursor::{Cursor, ParseError, Parsed};
use super::date::date;
use super::fetch::FetchItem;
use super::flag::{FlagName, keyword};
use super::results::{ReturnOption, return_options};
use super::sequence::{SequenceSet, sequence_set};
use crate::store::SystemFlag;

/// The deepest nesting of search keys.
const DEPTH_LIMIT: usize = 100;

/// The most search keys in one program.
const KEY_LIMIT: usize = 2_000;

/// For how many more a `$` counts: it may stand for very many ranges.
const SAVED: usize = 100;

/// What SEARCH is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SearchProgram {
    /// How the outcome is wanted; `None` for a plain SEARCH response.
    pub(crate) options: Option<Vec<ReturnOption>>,
    /// What the client wants to be told of new messages that join the outcome (RFC 5465, section 7).
    pub(crate) update_items: Vec<FetchItem>,
    /// The charset that the client names for its strings.
    pub(crate) charset: Option<Vec<u8>>,
    /// The keys; all of them must match.
    pub(crate) keys: Vec<SearchKey>,
}

/// One criterion. Where the grammar has two names for a key and its opposite (`SEEN`, `UNSEEN`),
/// the opposite is [`SearchKey::Lacks`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SearchKey {
    /// `ALL`
    All,
    /// `SEEN`, `ANSWERED`, `KEYWORD x` ...
    Has(FlagName),
    /// `UNSEEN`, `UNANSWERED`, `UNKEYWORD x` ...
    Lacks(FlagName),
    /// `RECENT`
    Recent,
    /// `OLD`: not recent.
    Old,
    /// `NEW`: recent and not seen.
    New,
    /// `BCC`, `CC`, `FROM`, `SUBJECT`, `TO`: text of an envelope field.
    Envelope {
        /// The field's name.
        field: &'static str,
        /// The text to find.
        text: Vec<u8>,
    },
    /// `HEADER name text`
    Header {
        /// The field's name, as written.
        field: Vec<u8>,
        /// The text to find; empty: the field is there at all.
        text: Vec<u8>,
    },
    /// `BODY text`
    Body(Vec<u8>),
    /// `TEXT text`: header or body.
    Text(Vec<u8>),
    /// `BEFORE`, `ON`, `SINCE`: the internal date.
    Internal(DateRelation, Date),
    /// `SENTBEFORE`, `SENTON`, `SENTSINCE`: the Date field.
    Sent(DateRelation, Date),
    /// `SAVEDBEFORE`, `SAVEDON`, `SAVEDSINCE`: the save date (RFC 8514, section 4.3).
    Saved(DateRelation, Date),
    /// `EMAILID id` (RFC 8474, section 5.4).
    EmailId(String),
    /// `THREADID id` (RFC 8474, section 5.4).
    ThreadId(String),
    /// `OLDER n`: received n seconds ago or earlier (RFC 5032).
    Older(u32),
    /// `YOUNGER n`: received n seconds ago or later (RFC 5032).
    Younger(u32),
    /// `LARGER n`, in octets.
    Larger(u64),
    /// `SMALLER n`, in octets.
    Smaller(u64),
    /// `MODSEQ n`: changed, with this modification sequence or a higher one (RFC 7162, section
    /// 3.1.5).
    ModSeq(u64),
    /// Message sequence numbers.
    Numbers(SequenceSet),
    /// `UID set`
    Uids(SequenceSet),
    /// `NOT key`
    Not(Box<SearchKey>),
    /// `OR key key`
    Or(Box<SearchKey>, Box<SearchKey>),
    /// `(key key ...)`
    AllOf(Vec<SearchKey>),
}

/// How a message's date stands to the given one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateRelation {
    /// Earlier.
    Before,
    /// The same day.
    On,
    /// The same day or later.
    Since,
}

/// ```abnf
/// search             = "SEARCH" [search-return-opts] SP search-program      ; RFC 4466, section 2.6.1
/// search-program     = ["CHARSET" SP charset SP] search-key *(SP search-key)
/// ```
/// The part behind the name.
pub(crate) fn search_program(cursor: &mut Cursor<'_>) -> Parsed<SearchProgram> {
    let (options, update_items) = return_options(cursor)?;
    let mut charset = None;
    let mut ahead = cursor.clone();
    ahead.space()?;
    if ahead.eat_word("CHARSET ") {
        charset = Some(ahead.astring()?);
        *cursor = ahead;
    }
    Ok(SearchProgram { options, update_items, charset, keys: search_keys(cursor)? })
}

/// ```abnf
/// 1*(SP search-key)
/// ```
pub(super) fn search_keys(cursor: &mut Cursor<'_>) -> Parsed<Vec<SearchKey>> {
    let mut budget = KEY_LIMIT;
    let mut keys = Vec::new();
    loop {
        cursor.space()?;
        keys.push(search_key(cursor, 0, &mut budget)?);
        if cursor.peek() != Some(b' ') {
            return Ok(keys);
        }
    }
}

/// ```abnf
/// search-key = sequence-set / "(" search-key *(SP search-key) ")" / "ALL" / ...
/// ```
fn search_key(cursor: &mut Cursor<'_>, depth: usize, budget: &mut usize) -> Parsed<SearchKey> {
    *budget = budget.checked_sub(1).ok_or(ParseError::Limit("too many search keys"))?;
    if depth > DEPTH_LIMIT {
        return Err(ParseError::Limit("the search keys are nested too deeply"));
    }
    let key = match cursor.peek() {
        Some(b'(') => parenthesized(cursor, depth, budget),
        Some(b'0'..=b'9' | b'*' | b'$') => Ok(SearchKey::Numbers(sequence_set(cursor)?)),
        _ => named_key(cursor, depth, budget),
    }?;
    if let SearchKey::Numbers(SequenceSet::Saved) | SearchKey::Uids(SequenceSet::Saved) = key {
        *budget = budget.checked_sub(SAVED).ok_or(ParseError::Limit("too many search keys"))?;
    }
    Ok(key)
}

fn parenthesized(cursor: &mut Cursor<'_>, depth: usize, budget: &mut usize) -> Parsed<SearchKey> {
    cursor.expect(b'(', "a list of search keys was expected")?;
    let mut keys = Vec::new();
    loop {
        keys.push(search_key(cursor, depth.saturating_add(1), budget)?);
        if cursor.eat(b')') {
            return Ok(SearchKey::AllOf(keys));
        }
        cursor.space()?;
    }
}

fn named_key(cursor: &mut Cursor<'_>, depth: usize, budget: &mut usize) -> Parsed<SearchKey> {
    let name = cursor.atom()?.to_ascii_uppercase();
    if let Some(key) = plain_key(&name) {
        return Ok(key);
    }
    let deeper = depth.saturating_add(1);
    match name.as_str() {
        "NOT" => {
            cursor.space()?;
            Ok(SearchKey::Not(Box::new(search_key(cursor, deeper, budget)?)))
        }
        "OR" => {
            cursor.space()?;
            let left = search_key(cursor, deeper, budget)?;
            cursor.space()?;
            let right = search_key(cursor, deeper, budget)?;
            Ok(SearchKey::Or(Box::new(left), Box::new(right)))
        }
        _ => key_with_argument(&name, cursor),
    }
}

/// The keys that take no argument.
fn plain_key(name: &str) -> Option<SearchKey> {
    use SearchKey::{Has, Lacks};
    Some(match name {
        "ALL" => SearchKey::All,
        "ANSWERED" => Has(FlagName::System(SystemFlag::Answered)),
        "DELETED" => Has(FlagName::System(SystemFlag::Deleted)),
        "DRAFT" => Has(FlagName::System(SystemFlag::Draft)),
        "FLAGGED" => Has(FlagName::System(SystemFlag::Flagged)),
        "SEEN" => Has(FlagName::System(SystemFlag::Seen)),
        "UNANSWERED" => Lacks(FlagName::System(SystemFlag::Answered)),
        "UNDELETED" => Lacks(FlagName::System(SystemFlag::Deleted)),
        "UNDRAFT" => Lacks(FlagName::System(SystemFlag::Draft)),
        "UNFLAGGED" => Lacks(FlagName::System(SystemFlag::Flagged)),
        "UNSEEN" => Lacks(FlagName::System(SystemFlag::Seen)),
        "RECENT" => SearchKey::Recent,
        "OLD" => SearchKey::Old,
        "NEW" => SearchKey::New,
        // Each mailbox here keeps save dates.
        "SAVEDATESUPPORTED" => SearchKey::All,
        _ => return None,
    })
}

fn key_with_argument(name: &str, cursor: &mut Cursor<'_>) -> Parsed<SearchKey> {
    let key = KEYS_WITH_ARGUMENT
        .iter()
        .find(|(known, _)| *known == name)
        .ok_or(ParseError::Syntax("there is no such search key"))?
        .1;
    cursor.space()?;
    key(cursor)
}

type ReadArguments = fn(&mut Cursor<'_>) -> Parsed<SearchKey>;

/// The keys that take arguments, with how each reads them.
const KEYS_WITH_ARGUMENT: &[(&str, ReadArguments)] = &[
    ("BCC", |cursor| envelope("bcc", cursor)),
    ("CC", |cursor| envelope("cc", cursor)),
    ("FROM", |cursor| envelope("from", cursor)),
    ("SUBJECT", |cursor| envelope("subject", cursor)),
    ("TO", |cursor| envelope("to", cursor)),
    ("BODY", |cursor| Ok(SearchKey::Body(cursor.astring()?))),
    ("TEXT", |cursor| Ok(SearchKey::Text(cursor.astring()?))),
    ("HEADER", header),
    ("BEFORE", |cursor| Ok(SearchKey::Internal(DateRelation::Before, date(cursor)?))),
    ("ON", |cursor| Ok(SearchKey::Internal(DateRelation::On, date(cursor)?))),
    ("SINCE", |cursor| Ok(SearchKey::Internal(DateRelation::Since, date(cursor)?))),
    ("SENTBEFORE", |cursor| Ok(SearchKey::Sent(DateRelation::Before, date(cursor)?))),
    ("SENTON", |cursor| Ok(SearchKey::Sent(DateRelation::On, date(cursor)?))),
    ("SENTSINCE", |cursor| Ok(SearchKey::Sent(DateRelation::Since, date(cursor)?))),
    ("SAVEDBEFORE", |cursor| Ok(SearchKey::Saved(DateRelation::Before, date(cursor)?))),
    ("SAVEDON", |cursor| Ok(SearchKey::Saved(DateRelation::On, date(cursor)?))),
    ("SAVEDSINCE", |cursor| Ok(SearchKey::Saved(DateRelation::Since, date(cursor)?))),
    ("EMAILID", |cursor| Ok(SearchKey::EmailId(object_id(cursor)?))),
    ("THREADID", |cursor| Ok(SearchKey::ThreadId(object_id(cursor)?))),
    ("KEYWORD", |cursor| Ok(SearchKey::Has(FlagName::Keyword(keyword(cursor)?)))),
    ("UNKEYWORD", |cursor| Ok(SearchKey::Lacks(FlagName::Keyword(keyword(cursor)?)))),
    ("LARGER", |cursor| Ok(SearchKey::Larger(cursor.number64()?))),
    ("SMALLER", |cursor| Ok(SearchKey::Smaller(cursor.number64()?))),
    ("OLDER", |cursor| Ok(SearchKey::Older(cursor.nz_number()?))),
    ("YOUNGER", |cursor| Ok(SearchKey::Younger(cursor.nz_number()?))),
    ("MODSEQ", mod_sequence),
    ("UID", |cursor| Ok(SearchKey::Uids(sequence_set(cursor)?))),
];

/// ```abnf
/// objectid = 1*255(ALPHA / DIGIT / "_" / "-")      ; RFC 8474, section 7
/// ```
fn object_id(cursor: &mut Cursor<'_>) -> Parsed<String> {
    let id = cursor.take_while(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'-'));
    match id.len() {
        1..=255 => Ok(String::from_utf8_lossy(id).into_owned()),
        _ => Err(ParseError::Syntax("an object identifier was expected")),
    }
}

fn envelope(field: &'static str, cursor: &mut Cursor<'_>) -> Parsed<SearchKey> {
    Ok(SearchKey::Envelope { field, text: cursor.astring()? })
}

/// ```abnf
/// "HEADER" SP header-fld-name SP astring
/// ```
fn header(cursor: &mut Cursor<'_>) -> Parsed<SearchKey> {
    let field = cursor.astring()?;
    cursor.space()?;
    Ok(SearchKey::Header { field, text: cursor.astring()? })
}

/// ```abnf
/// search-modsequence = "MODSEQ" [SP entry-name SP entry-type-req] SP mod-sequence-valzer
/// entry-name         = DQUOTE "/flags/" attr-flag DQUOTE
/// entry-type-req     = "priv" / "shared" / "all"
/// ```
/// Each message has one sequence for all its flags, so which flag is meant makes no difference
/// (RFC 7162, section 3.1.5).
fn mod_sequence(cursor: &mut Cursor<'_>) -> Parsed<SearchKey> {
    if cursor.peek() == Some(b'"') {
        let entry = cursor.string()?;
        if !entry.get(..7).is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"/flags/")) || entry.len() == 7 {
            return Err(ParseError::Syntax("the entry is not that of a flag"));
        }
        cursor.space()?;
        if !["priv", "shared", "all"].iter().any(|kind| cursor.eat_word(kind)) {
            return Err(ParseError::Syntax("an entry is priv, shared or all"));
        }
        cursor.space()?;
    }
    Ok(SearchKey::ModSeq(cursor.mod_sequence()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Parsed<SearchProgram> {
        let mut cursor = Cursor::whole(text.as_bytes(), 0);
        let program = search_program(&mut cursor)?;
        cursor.end()?;
        Ok(program)
    }

    #[test]
    fn keys_are_joined_and_nested() {
        let program = parse(" FLAGGED NOT FROM \"Smith\" (OR 1:3 UID 7 unseen)").unwrap();
        let [flagged, not, list] = program.keys.as_slice() else { panic!("{program:?}") };
        assert_eq!(*flagged, SearchKey::Has(FlagName::System(SystemFlag::Flagged)));
        let smith = SearchKey::Envelope { field: "from", text: b"Smith".to_vec() };
        assert_eq!(*not, SearchKey::Not(Box::new(smith)));
        assert!(
            matches!(list, SearchKey::AllOf(keys) if matches!(keys[0], SearchKey::Or(..)) && keys.len() == 2)
        );
    }

    #[test]
    fn every_key_of_the_grammar_is_read() {
        for key in [
            "ALL",
            "ANSWERED",
            "BCC x",
            "BEFORE 1-Feb-1994",
            "BODY x",
            "CC x",
            "DELETED",
            "FLAGGED",
            "FROM x",
            "KEYWORD $x",
            "NEW",
            "OLD",
            "ON 1-Feb-1994",
            "RECENT",
            "SEEN",
            "SINCE 1-Feb-1994",
            "SUBJECT x",
            "TEXT x",
            "TO x",
            "UNANSWERED",
            "UNDELETED",
            "UNFLAGGED",
            "UNKEYWORD $x",
            "UNSEEN",
            "DRAFT",
            "HEADER a b",
            "LARGER 1",
            "NOT ALL",
            "OR ALL ALL",
            "SENTBEFORE 1-Feb-1994",
            "SENTON 1-Feb-1994",
            "SENTSINCE 1-Feb-1994",
            "SMALLER 1",
            "UID 1:*",
            "UNDRAFT",
            "1:*",
            "*",
            "(ALL SEEN)",
            "HEADER a \"\"",
            "OLDER 1",
            "YOUNGER 4294967295",
            "MODSEQ 0",
            "MODSEQ \"/flags/\\\\draft\" all 620162338",
        ] {
            assert!(parse(&format!(" {key}")).is_ok(), "{key}");
        }
    }

    #[test]
    fn wrong_programs_are_refused() {
        for text in [
            "",
            " ",
            " ALL ",
            "  ALL",
            " (ALL",
            " ()",
            " NOT",
            " OR ALL",
            " FROM",
            " LARGER x",
            " NONSENSE",
            " CHARSET UTF-8",
            " ALL CHARSET UTF-8",
            " KEYWORD \\Seen",
            " HEADER a",
            " RETURN ()",
            " RETURN (MIN MOST) ALL",
            " RETURN (MIN ) ALL",
            " OLDER 0",
            " YOUNGER",
            " MODSEQ",
            " MODSEQ 9223372036854775808",
            " MODSEQ \"/flags/\" all 1",
            " MODSEQ \"/flags/x\" some 1",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_is_to_be_returned_stands_before_the_charset() {
        let program = parse(" RETURN (min SAVE) CHARSET UTF-8 $").unwrap();
        assert_eq!(program.options, Some(vec![ReturnOption::Min, ReturnOption::Save]));
        assert_eq!(program.keys, [SearchKey::Numbers(SequenceSet::Saved)]);
        assert_eq!(parse(" RETURN () ALL").unwrap().options, Some(vec![ReturnOption::All]));
        assert_eq!(parse(" ALL").unwrap().options, None);
    }

    #[test]
    fn the_charset_is_kept() {
        let program = parse(" charset utf-8 TEXT x").unwrap();
        assert_eq!(program.charset.as_deref(), Some(b"utf-8".as_slice()));
    }

    #[test]
    fn nesting_is_bounded() {
        assert!(parse(&format!(" {}ALL", "NOT ".repeat(99))).is_ok());
        assert!(parse(&format!(" {}ALL", "NOT ".repeat(5000))).is_err());
        assert!(parse(&format!(" {}ALL{}", "(".repeat(5000), ")".repeat(5000))).is_err());
        assert!(parse(&" ALL".repeat(3000)).is_err());
    }
}
