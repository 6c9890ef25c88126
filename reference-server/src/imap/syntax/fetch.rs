//! What FETCH is asked for (RFC 3501, section 6.4.5 and section 9: fetch-att, section).

use super::cursor::{Cursor, ParseError, Parsed};

/// The most data items in one FETCH.
const ITEM_LIMIT: usize = 200;

/// The most header field names in one section.
const FIELD_LIMIT: usize = 500;

/// The deepest part number.
const DEPTH_LIMIT: usize = 100;

/// One data item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FetchItem {
    /// `EMAILID` (RFC 8474, section 5.3)
    EmailId,
    /// `ENVELOPE`
    Envelope,
    /// `FLAGS`
    Flags,
    /// `INTERNALDATE`
    InternalDate,
    /// `RFC822`: the whole message; sets `\Seen`.
    Rfc822,
    /// `RFC822.HEADER`: does not set `\Seen`.
    Rfc822Header,
    /// `RFC822.SIZE`
    Rfc822Size,
    /// `RFC822.TEXT`: sets `\Seen`.
    Rfc822Text,
    /// `BODY`, the structure without extension data.
    Body,
    /// `BODYSTRUCTURE`
    BodyStructure,
    /// `MODSEQ` (RFC 7162, section 3.1.4.2)
    ModSeq,
    /// `SAVEDATE` (RFC 8514, section 4.2)
    SaveDate,
    /// `THREADID` (RFC 8474, section 5.3)
    ThreadId,
    /// `PREVIEW` (RFC 8970): LAZY makes no difference, for none takes long.
    Preview,
    /// `UID`
    Uid,
    /// `BODY[section]<partial>` or `BODY.PEEK[section]<partial>`
    Section {
        /// Which octets.
        section: Section,
        /// Which of these octets, if not all.
        partial: Option<Partial>,
        /// Whether `\Seen` stays as it is.
        peek: Peek,
    },
    /// `BINARY[part]<partial>` or `BINARY.PEEK[part]<partial>` (RFC 3516, section 4.2): the content
    /// with its transfer encoding undone.
    Binary {
        /// The part number; empty for the whole message.
        part: Vec<u32>,
        /// Which of the decoded octets, if not all.
        partial: Option<Partial>,
        /// Whether `\Seen` stays as it is.
        peek: Peek,
    },
    /// `BINARY.SIZE[part]`: how many octets that are.
    BinarySize {
        /// The part number; empty for the whole message.
        part: Vec<u32>,
    },
}

/// Whether fetching a section marks the message as read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peek {
    /// `BODY[...]` sets `\Seen`.
    SetsSeen,
    /// `BODY.PEEK[...]` does not.
    LeavesSeen,
}

impl FetchItem {
    /// Whether fetching the item sets `\Seen`.
    pub(crate) fn sets_seen(&self) -> bool {
        matches!(
            self,
            Self::Rfc822
                | Self::Rfc822Text
                | Self::Section { peek: Peek::SetsSeen, .. }
                | Self::Binary { peek: Peek::SetsSeen, .. }
        )
    }
}

/// `<origin.count>`: a window on a section, in octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Partial {
    /// The first octet, from 0.
    pub(crate) origin: u64,
    /// At most how many.
    pub(crate) count: u64,
}

/// Which octets of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    /// The part number, outermost first; empty for the message itself.
    pub(crate) part: Vec<u32>,
    /// What of the part; `None` for all of its body (of the message: all of it).
    pub(crate) text: Option<SectionText>,
}

/// What of a message or part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SectionText {
    /// `HEADER`
    Header,
    /// `HEADER.FIELDS (...)`, the names as written.
    HeaderFields(Vec<Vec<u8>>),
    /// `HEADER.FIELDS.NOT (...)`
    HeaderFieldsNot(Vec<Vec<u8>>),
    /// `TEXT`
    Text,
    /// `MIME`: the header of a part.
    Mime,
}

/// ```abnf
/// fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" /
///         fetch-att / "(" fetch-att *(SP fetch-att) ")")
/// ```
/// The part behind the set. A macro stands for its items and only alone.
pub(crate) fn fetch_items(cursor: &mut Cursor<'_>) -> Parsed<Vec<FetchItem>> {
    if cursor.eat(b'(') {
        return fetch_attributes(cursor);
    }
    let mut ahead = cursor.clone();
    let mut items = vec![FetchItem::Flags, FetchItem::InternalDate, FetchItem::Rfc822Size];
    match ahead.atom()?.to_ascii_uppercase().as_str() {
        "FAST" => {}
        "ALL" => items.push(FetchItem::Envelope),
        "FULL" => items.extend([FetchItem::Envelope, FetchItem::Body]),
        _ => return Ok(vec![fetch_item(cursor)?]),
    }
    *cursor = ahead;
    Ok(items)
}

/// ```abnf
/// fetch-att *(SP fetch-att) ")"
/// ```
/// Behind the opening parenthesis.
pub(crate) fn fetch_attributes(cursor: &mut Cursor<'_>) -> Parsed<Vec<FetchItem>> {
    let mut items = Vec::new();
    loop {
        items.push(fetch_item(cursor)?);
        if items.len() > ITEM_LIMIT {
            return Err(ParseError::Limit("too many data items"));
        }
        if cursor.eat(b')') {
            return Ok(items);
        }
        cursor.space()?;
    }
}

/// ```abnf
/// fetch-att = "ENVELOPE" / "FLAGS" / "INTERNALDATE" / "RFC822" [".HEADER" / ".SIZE" / ".TEXT"] /
///             "BODY" ["STRUCTURE"] / "UID" /
///             "BODY" section ["<" number "." nz-number ">"] /
///             "BODY.PEEK" section ["<" number "." nz-number ">"] /
///             "BINARY" [".PEEK"] section-binary [partial] /        ; RFC 3516, section 7
///             "BINARY.SIZE" section-binary /
///             "EMAILID" / "THREADID" /                             ; RFC 8474, section 7
///             "SAVEDATE" /                                         ; RFC 8514, section 5
///             "PREVIEW" [SP "(" preview-mod *(SP preview-mod) ")"] ; RFC 8970, section 6
/// ```
fn fetch_item(cursor: &mut Cursor<'_>) -> Parsed<FetchItem> {
    let name = cursor.take_while(|octet| octet.is_ascii_alphanumeric() || octet == b'.');
    let name = String::from_utf8_lossy(name).to_ascii_uppercase();
    let sectioned = cursor.peek() == Some(b'[');
    Ok(match (name.as_str(), sectioned) {
        ("BODY", true) => section_item(cursor, Peek::SetsSeen)?,
        ("BODY.PEEK", true) => section_item(cursor, Peek::LeavesSeen)?,
        ("BINARY", true) => binary_item(cursor, Peek::SetsSeen)?,
        ("BINARY.PEEK", true) => binary_item(cursor, Peek::LeavesSeen)?,
        ("BINARY.SIZE", true) => FetchItem::BinarySize { part: section_binary(cursor)? },
        (_, true) => return Err(ParseError::Syntax("this data item takes no section")),
        ("EMAILID", _) => FetchItem::EmailId,
        ("ENVELOPE", _) => FetchItem::Envelope,
        ("FLAGS", _) => FetchItem::Flags,
        ("INTERNALDATE", _) => FetchItem::InternalDate,
        ("PREVIEW", _) => {
            preview_modifiers(cursor)?;
            FetchItem::Preview
        }
        ("RFC822", _) => FetchItem::Rfc822,
        ("RFC822.HEADER", _) => FetchItem::Rfc822Header,
        ("RFC822.SIZE", _) => FetchItem::Rfc822Size,
        ("RFC822.TEXT", _) => FetchItem::Rfc822Text,
        ("BODY", _) => FetchItem::Body,
        ("BODYSTRUCTURE", _) => FetchItem::BodyStructure,
        ("MODSEQ", _) => FetchItem::ModSeq,
        ("SAVEDATE", _) => FetchItem::SaveDate,
        ("THREADID", _) => FetchItem::ThreadId,
        ("UID", _) => FetchItem::Uid,
        _ => return Err(ParseError::Syntax("there is no such data item")),
    })
}

/// ```abnf
/// ["PREVIEW"] [SP "(" preview-mod *(SP preview-mod) ")"]      ; RFC 8970, section 6
/// preview-mod = "LAZY"
/// ```
/// Any other list is one of the command's own modifiers.
fn preview_modifiers(cursor: &mut Cursor<'_>) -> Parsed<()> {
    if !cursor.eat_word(" (LAZY") {
        return Ok(());
    }
    while cursor.eat_word(" LAZY") {}
    cursor.expect(b')', "LAZY is the only modifier of PREVIEW")
}

fn section_item(cursor: &mut Cursor<'_>, peek: Peek) -> Parsed<FetchItem> {
    let section = section(cursor)?;
    Ok(FetchItem::Section { section, partial: partial(cursor)?, peek })
}

fn binary_item(cursor: &mut Cursor<'_>, peek: Peek) -> Parsed<FetchItem> {
    let part = section_binary(cursor)?;
    Ok(FetchItem::Binary { part, partial: partial(cursor)?, peek })
}

/// ```abnf
/// section-binary = "[" [section-part] "]"
/// ```
fn section_binary(cursor: &mut Cursor<'_>) -> Parsed<Vec<u32>> {
    match section(cursor)? {
        Section { part, text: None } => Ok(part),
        Section { .. } => Err(ParseError::Syntax("BINARY takes a part number alone")),
    }
}

/// ```abnf
/// ["<" number64 "." nz-number64 ">"]      ; RFC 9051, section 9; 32 bits in RFC 3501
/// ```
fn partial(cursor: &mut Cursor<'_>) -> Parsed<Option<Partial>> {
    if !cursor.eat(b'<') {
        return Ok(None);
    }
    let origin = cursor.number64()?;
    cursor.expect(b'.', "a partial fetch is written as <0.1024>")?;
    let count = cursor.nz_number64()?;
    cursor.expect(b'>', "a partial fetch is written as <0.1024>")?;
    Ok(Some(Partial { origin, count }))
}

/// ```abnf
/// section      = "[" [section-spec] "]"
/// section-spec = section-msgtext / (section-part ["." section-text])
/// section-part = nz-number *("." nz-number)
/// ```
pub(super) fn section(cursor: &mut Cursor<'_>) -> Parsed<Section> {
    const OPEN: &str = "a section was expected";
    const CLOSE: &str = "the section is wrong or has no end";
    cursor.expect(b'[', OPEN)?;
    let mut part = Vec::new();
    let mut text = None;
    let mut more = cursor.peek() != Some(b']');
    while more {
        if cursor.peek().is_some_and(|octet| octet.is_ascii_digit()) {
            part.push(cursor.nz_number()?);
            if part.len() > DEPTH_LIMIT {
                return Err(ParseError::Limit("the part number is too deep"));
            }
            more = cursor.eat(b'.');
        } else {
            text = Some(section_text(cursor, &part)?);
            more = false;
        }
    }
    cursor.expect(b']', CLOSE)?;
    Ok(Section { part, text })
}

/// ```abnf
/// section-msgtext = "HEADER" / "HEADER.FIELDS" [".NOT"] SP header-list / "TEXT"
/// section-text    = section-msgtext / "MIME"
/// ```
fn section_text(cursor: &mut Cursor<'_>, part: &[u32]) -> Parsed<SectionText> {
    let name = cursor.take_while(|octet| octet.is_ascii_alphabetic() || octet == b'.');
    match String::from_utf8_lossy(name).to_ascii_uppercase().as_str() {
        "HEADER" => Ok(SectionText::Header),
        "HEADER.FIELDS" => Ok(SectionText::HeaderFields(header_list(cursor)?)),
        "HEADER.FIELDS.NOT" => Ok(SectionText::HeaderFieldsNot(header_list(cursor)?)),
        "TEXT" => Ok(SectionText::Text),
        "MIME" if part.is_empty() => Err(ParseError::Syntax("MIME needs a part number")),
        "MIME" => Ok(SectionText::Mime),
        _ => Err(ParseError::Syntax("there is no such section")),
    }
}

/// ```abnf
/// header-list     = "(" header-fld-name *(SP header-fld-name) ")"
/// header-fld-name = astring
/// ```
fn header_list(cursor: &mut Cursor<'_>) -> Parsed<Vec<Vec<u8>>> {
    cursor.space()?;
    cursor.expect(b'(', "a list of header field names was expected")?;
    let mut names = Vec::new();
    loop {
        names.push(cursor.astring()?);
        if names.len() > FIELD_LIMIT {
            return Err(ParseError::Limit("too many header field names"));
        }
        if cursor.eat(b')') {
            return Ok(names);
        }
        cursor.space()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Parsed<Vec<FetchItem>> {
        let mut cursor = Cursor::whole(text.as_bytes(), 0);
        let items = fetch_items(&mut cursor)?;
        cursor.end()?;
        Ok(items)
    }

    fn section_of(text: &str) -> (Section, Option<Partial>, Peek) {
        match parse(text).unwrap().as_slice() {
            [FetchItem::Section { section, partial, peek }] => (section.clone(), *partial, *peek),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn macros_stand_for_their_items_and_only_alone() {
        use FetchItem::{Body, Envelope, Flags, InternalDate, Rfc822Size};
        assert_eq!(parse("fast"), Ok(vec![Flags, InternalDate, Rfc822Size]));
        assert_eq!(parse("ALL"), Ok(vec![Flags, InternalDate, Rfc822Size, Envelope]));
        assert_eq!(parse("FULL"), Ok(vec![Flags, InternalDate, Rfc822Size, Envelope, Body]));
        assert!(parse("(ALL)").is_err());
        assert!(parse("(FLAGS FULL)").is_err());
        assert!(parse("()").is_err());
        assert!(parse("FLAGS UID").is_err());
    }

    #[test]
    fn a_section_has_a_part_and_a_text() {
        let (section, partial, peek) = section_of("BODY.PEEK[4.2.HEADER]<0.100>");
        assert_eq!(section, Section { part: vec![4, 2], text: Some(SectionText::Header) });
        assert_eq!(partial, Some(Partial { origin: 0, count: 100 }));
        assert_eq!(peek, Peek::LeavesSeen);
        let (section, ..) = section_of("body[]");
        assert_eq!(section, Section { part: vec![], text: None });
        let (section, ..) = section_of("BODY[1.MIME]");
        assert_eq!(section, Section { part: vec![1], text: Some(SectionText::Mime) });
        let (section, ..) = section_of("BODY[HEADER.FIELDS.NOT (DATE \"From\")]");
        let names = vec![b"DATE".to_vec(), b"From".to_vec()];
        assert_eq!(section.text, Some(SectionText::HeaderFieldsNot(names)));
    }

    #[test]
    fn wrong_sections_are_refused() {
        for text in [
            "BODY[MIME]",
            "BODY[0]",
            "BODY[1.]",
            "BODY[.1]",
            "BODY[1.2",
            "BODY[HEADER.FIELDS]",
            "BODY[HEADER.FIELDS ()]",
            "BODY[TEXT.1]",
            "BODY[]<0>",
            "BODY[]<0.0>",
            "BODY[]<1.2",
            "RFC822[]",
            "BODY[NONSENSE]",
            "BODY.PEEK",
            "BODYX",
            "BINARY",
            "(PREVIEW (LAZY)",
            "(PREVIEW (EAGER))",
            "(PREVIEW (LAZY EAGER))",
            "BINARY[TEXT]",
            "BINARY[1.MIME]",
            "BINARY.SIZE[1]<0.1>",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_sets_seen_is_known() {
        for (text, seen) in [
            ("RFC822", true),
            ("RFC822.TEXT", true),
            ("BODY[1]", true),
            ("BODY[HEADER]", true),
            ("BINARY[1]", true),
            ("BINARY.PEEK[1.2]<0.7>", false),
            ("BINARY.SIZE[]", false),
            ("RFC822.HEADER", false),
            ("BODY.PEEK[]", false),
            ("BODY", false),
            ("ENVELOPE", false),
        ] {
            assert_eq!(parse(text).unwrap().iter().any(FetchItem::sets_seen), seen, "{text}");
        }
    }
}
