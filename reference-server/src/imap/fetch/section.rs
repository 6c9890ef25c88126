//! Sections of a message: which octets they are, and how they are named in answers
//! (RFC 3501, sections 6.4.5 and 7.4.2).

use crate::imap::response::string;
use crate::imap::syntax::{Partial, Section, SectionText, is_astring_char};
use crate::message::{Keep, Portion, Span, Structure};

/// Where the octets of a section stand, those of all fields where only some are asked for; or
/// `None` where the message has no such part.
pub(super) fn span(section: &Section, structure: &Structure<'_>) -> Option<Span> {
    let portion = match &section.text {
        None => Portion::Whole,
        Some(SectionText::Text) => Portion::Text,
        Some(SectionText::Mime) => Portion::Mime,
        Some(SectionText::Header | SectionText::HeaderFields(_) | SectionText::HeaderFieldsNot(_)) => {
            Portion::Header
        }
    };
    structure.section(&section.part, portion)
}

/// Which fields a section has, where it does not have all of them.
pub(super) fn fields(section: &Section) -> Option<(&[Vec<u8>], Keep)> {
    match &section.text {
        Some(SectionText::HeaderFields(names)) => Some((names, Keep::Named)),
        Some(SectionText::HeaderFieldsNot(names)) => Some((names, Keep::Others)),
        _ => None,
    }
}

/// What a window shows of a span; beyond the end there is nothing.
pub(super) fn window(span: Span, partial: Partial) -> Span {
    let octets = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let start = span.start.saturating_add(octets(partial.origin)).min(span.end);
    Span::new(start, start.saturating_add(octets(partial.count)).min(span.end))
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
        let of = |origin, count| window(Span::new(10, 16), Partial { origin, count });
        assert_eq!(of(2, 3), Span::new(12, 15));
        assert_eq!(of(4, 100), Span::new(14, 16));
        assert!(of(6, 1).is_empty() && of(u64::MAX, u64::MAX).is_empty());
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
    fn a_section_of_fields_stands_in_the_header() {
        let structure = Structure::parse(b"A: 1\r\nB: 2\r\n\r\ntext");
        let text = Some(SectionText::HeaderFields(vec![b"b".to_vec()]));
        let section = Section { part: vec![], text };
        assert_eq!(span(&section, &structure), Some(Span::new(0, 14)));
        assert!(matches!(fields(&section), Some((_, Keep::Named))));
        assert_eq!(span(&Section { part: vec![2], text: None }, &structure), None);
    }
}
