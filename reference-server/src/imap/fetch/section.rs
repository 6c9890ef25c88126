//! Sections of a message: which octets they are, and how they are named in answers
//! (RFC 3501, sections 6.4.5 and 7.4.2).

use std::borrow::Cow;

use crate::imap::response::string;
use crate::imap::syntax::{Section, SectionText, is_astring_char};
use crate::message::{Header, Keep, Portion, Structure};

/// The octets of a section, or `None` where the message has no such part.
pub(super) fn octets<'m>(
    section: &Section,
    message: &'m [u8],
    structure: &Structure,
) -> Option<Cow<'m, [u8]>> {
    let portion = match &section.text {
        None => Portion::Whole,
        Some(SectionText::Text) => Portion::Text,
        Some(SectionText::Mime) => Portion::Mime,
        Some(SectionText::Header | SectionText::HeaderFields(_) | SectionText::HeaderFieldsNot(_)) => {
            Portion::Header
        }
    };
    let span = structure.section(&section.part, portion)?;
    let subset = |names: &[Vec<u8>], keep| {
        let kept = Header::new(message, span).subset(names, keep);
        Some(Cow::Owned(kept))
    };
    match &section.text {
        Some(SectionText::HeaderFields(names)) => subset(names, Keep::Named),
        Some(SectionText::HeaderFieldsNot(names)) => subset(names, Keep::Others),
        _ => Some(Cow::Borrowed(span.of(message))),
    }
}

/// At most `count` octets of `octets` from `origin` on; beyond the end there are none.
pub(super) fn window(octets: &[u8], origin: u64, count: u64) -> &[u8] {
    let start = usize::try_from(origin).unwrap_or(usize::MAX).min(octets.len());
    let rest = octets.get(start..).unwrap_or_default();
    let length = usize::try_from(count).unwrap_or(usize::MAX).min(rest.len());
    rest.get(..length).unwrap_or_default()
}

/// ```abnf
/// section      = "[" [section-spec] "]"
/// section-spec = section-msgtext / (section-part ["." section-text])
/// ```
pub(super) fn write_section(out: &mut Vec<u8>, section: &Section) {
    let part: Vec<String> = section.part.iter().map(u32::to_string).collect();
    out.push(b'[');
    out.extend_from_slice(part.join(".").as_bytes());
    if section.text.is_some() && !part.is_empty() {
        out.push(b'.');
    }
    match &section.text {
        None => {}
        Some(SectionText::Header) => out.extend_from_slice(b"HEADER"),
        Some(SectionText::Text) => out.extend_from_slice(b"TEXT"),
        Some(SectionText::Mime) => out.extend_from_slice(b"MIME"),
        Some(SectionText::HeaderFields(names)) => {
            out.extend_from_slice(b"HEADER.FIELDS ");
            write_names(out, names);
        }
        Some(SectionText::HeaderFieldsNot(names)) => {
            out.extend_from_slice(b"HEADER.FIELDS.NOT ");
            write_names(out, names);
        }
    }
    out.push(b']');
}

/// ```abnf
/// header-list = "(" header-fld-name *(SP header-fld-name) ")"      ; header-fld-name = astring
/// ```
fn write_names(out: &mut Vec<u8>, names: &[Vec<u8>]) {
    for (index, name) in names.iter().enumerate() {
        out.push(if index == 0 { b'(' } else { b' ' });
        if !name.is_empty() && name.iter().copied().all(is_astring_char) {
            out.extend_from_slice(name);
        } else {
            string(out, name);
        }
    }
    out.push(b')');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_beyond_the_end_is_empty() {
        assert_eq!(window(b"abcdef", 2, 3), b"cde");
        assert_eq!(window(b"abcdef", 4, 100), b"ef");
        assert_eq!(window(b"abcdef", 6, 1), b"");
        assert_eq!(window(b"abcdef", u64::MAX, u64::MAX), b"");
    }

    #[test]
    fn a_section_is_named_as_it_was_asked_for() {
        let names = vec![b"Date".to_vec(), b"X Y".to_vec()];
        let section = Section { part: vec![4, 2], text: Some(SectionText::HeaderFields(names)) };
        let mut out = Vec::new();
        write_section(&mut out, &section);
        assert_eq!(out, b"[4.2.HEADER.FIELDS (Date \"X Y\")]");
        out.clear();
        write_section(&mut out, &Section { part: vec![], text: None });
        assert_eq!(out, b"[]");
    }

    #[test]
    fn a_header_subset_keeps_the_blank_line() {
        let message = b"A: 1\r\nB: 2\r\n\r\ntext";
        let structure = Structure::parse(message);
        let text = Some(SectionText::HeaderFields(vec![b"b".to_vec()]));
        let found = octets(&Section { part: vec![], text }, message, &structure);
        assert_eq!(found.as_deref(), Some(b"B: 2\r\n\r\n".as_slice()));
        let missing = Section { part: vec![2], text: None };
        assert_eq!(octets(&missing, message, &structure), None);
    }
}
