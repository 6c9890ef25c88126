//! Header fields as they stand in a header block (RFC 5322, sections 2.1 to 2.2).
//!
//! Not for the meaning of a field's value: [`super::media`], [`super::address`]
//! and [`super::date`] know that.

use std::borrow::Cow;

use super::span::Span;

/// The header block of a message or of a MIME part, with the blank line that
/// ends it where there is one.
#[derive(Clone, Copy, Debug)]
pub struct Header<'m> {
    message: &'m [u8],
    span: Span,
}

/// One header field, or a run of lines that is none (no colon in its first line).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'m> {
    /// Where the field stands in the message, with its last line end.
    pub span: Span,
    /// The field name without the white space that the obsolete syntax allows
    /// before the colon (RFC 5322, section 4.5); empty where it is no field.
    pub name: &'m [u8],
    /// All that follows the colon, folds included, up to the last line end.
    pub raw: &'m [u8],
}

/// Which fields [`Header::subset`] keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Those that are named.
    Named,
    /// Those that are not named.
    Others,
}

impl<'m> Header<'m> {
    /// The header block that `span` marks in `message`.
    pub fn new(message: &'m [u8], span: Span) -> Self {
        Self { message, span }
    }

    /// The whole block, octet for octet.
    pub fn raw(&self) -> &'m [u8] {
        self.span.of(self.message)
    }

    /// Its fields from top to bottom, runs that are no field included.
    pub fn fields(&self) -> Fields<'m> {
        Fields { message: self.message, next: self.span.start, end: self.span.end.min(self.message.len()) }
    }

    /// The first field of that name; case does not matter.
    pub fn first(&self, name: &str) -> Option<Field<'m>> {
        self.fields().find(|field| field.is(name))
    }

    /// Every field of that name, from top to bottom; case does not matter.
    pub fn all(&self, name: &str) -> impl Iterator<Item = Field<'m>> + use<'m> {
        let name = name.to_owned();
        self.fields().filter(move |field| field.is(&name))
    }

    /// The block with some fields left out, each kept one octet for octet, and
    /// with the blank line where the block has one (RFC 3501, section 6.4.5:
    /// `HEADER.FIELDS` and `HEADER.FIELDS.NOT`). Lines that are no field count
    /// as not named.
    pub fn subset<N: AsRef<[u8]>>(&self, names: &[N], keep: Keep) -> Vec<u8> {
        let mut kept = Vec::new();
        let mut fields = self.fields();
        for field in fields.by_ref() {
            let named = names.iter().any(|name| field.name.eq_ignore_ascii_case(name.as_ref()));
            if named == (keep == Keep::Named) {
                kept.extend_from_slice(field.span.of(self.message));
            }
        }
        kept.extend_from_slice(Span::new(fields.next, fields.end).of(self.message));
        kept
    }
}

impl<'m> Field<'m> {
    /// Whether it has that name; case does not matter (RFC 5322, section 1.2.2).
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// The value on one line: line ends of folds removed (RFC 5322,
    /// section 2.2.3), white space at either end cut off.
    pub fn value(&self) -> Cow<'m, [u8]> {
        let trimmed = self.raw.trim_ascii();
        if !trimmed.contains(&b'\n') {
            return Cow::Borrowed(trimmed);
        }
        let mut value = Vec::with_capacity(trimmed.len());
        for line in trimmed.split_inclusive(|&octet| octet == b'\n') {
            value.extend_from_slice(without_line_end(line));
        }
        Cow::Owned(value)
    }
}

/// The fields of a [`Header`], one after the other.
#[derive(Clone, Debug)]
pub struct Fields<'m> {
    message: &'m [u8],
    next: usize,
    end: usize,
}

impl<'m> Iterator for Fields<'m> {
    type Item = Field<'m>;

    /// The next field, or nothing at the blank line or the end of the block.
    fn next(&mut self) -> Option<Field<'m>> {
        let start = self.next;
        let first = self.line(start)?;
        if without_line_end(first).is_empty() {
            return None;
        }
        let mut end = start + first.len();
        while let Some(line) = self.line(end) {
            if !matches!(line.first(), Some(b' ' | b'\t')) {
                break;
            }
            end += line.len();
        }
        self.next = end;
        let span = Span::new(start, end);
        let (name, raw) = split_at_colon(span.of(self.message));
        Some(Field { span, name, raw })
    }
}

impl<'m> Fields<'m> {
    fn line(&self, start: usize) -> Option<&'m [u8]> {
        let rest = self.message.get(start..self.end).filter(|rest| !rest.is_empty())?;
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at.saturating_add(1));
        rest.get(..end)
    }
}

/// Where the header block of a message ends: behind the blank line, or with the
/// message where there is none.
pub fn header_end(message: &[u8]) -> usize {
    let mut end = 0;
    for line in message.split_inclusive(|&octet| octet == b'\n') {
        end += line.len();
        if without_line_end(line).is_empty() {
            break;
        }
    }
    end
}

/// Name and value; without a name where no colon ends one: a name is printable
/// US-ASCII without a space (RFC 5322, section 2.2).
fn split_at_colon(field: &[u8]) -> (&[u8], &[u8]) {
    let field = without_line_end(field);
    let Some(colon) = memchr::memchr(b':', field) else {
        return (&[], field);
    };
    let (name, rest) = field.split_at(colon);
    let name = name.trim_ascii_end();
    if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
        return (&[], field);
    }
    (name, rest.get(1..).unwrap_or_default())
}

/// A line without its CRLF, or without its LF where it ends in a bare one.
pub(super) fn without_line_end(line: &[u8]) -> &[u8] {
    match line.strip_suffix(b"\n") {
        Some(rest) => rest.strip_suffix(b"\r").unwrap_or(rest),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &[u8]) -> Header<'_> {
        Header::new(text, Span::new(0, text.len()))
    }

    #[test]
    fn fields_come_with_their_names_and_unfolded_values() {
        let block = header(b"To: a,\r\n\tb\r\nX-Empty:\r\nSubject : hello \r\n\r\n");
        let fields: Vec<_> = block.fields().map(|field| (field.name, field.value().into_owned())).collect();
        assert_eq!(
            fields,
            [
                (&b"To"[..], b"a,\tb".to_vec()),
                (&b"X-Empty"[..], Vec::new()),
                (&b"Subject"[..], b"hello".to_vec()),
            ]
        );
    }

    #[test]
    fn bare_line_feeds_end_lines_too() {
        let block = header(b"A: 1\nB: 2\n more\n\n");
        assert_eq!(block.first("b").unwrap().value().as_ref(), b"2 more");
        assert_eq!(block.fields().count(), 2);
    }

    #[test]
    fn lines_that_are_no_field_are_kept_without_a_name() {
        let block = header(b" stray\r\nno colon\r\nA b: c\r\nD: e\r\n");
        let names: Vec<_> = block.fields().map(|field| field.name).collect();
        assert_eq!(names, [&b""[..], b"", b"", b"D"]);
    }

    #[test]
    fn a_subset_keeps_folds_and_the_blank_line() {
        let block = header(b"A: 1\r\nB: 2\r\n\t3\r\nC: 4\r\n\r\n");
        assert_eq!(block.subset(&["b"], Keep::Named), b"B: 2\r\n\t3\r\n\r\n");
        assert_eq!(block.subset(&["b"], Keep::Others), b"A: 1\r\nC: 4\r\n\r\n");
    }

    #[test]
    fn a_subset_of_a_header_without_blank_line_has_none() {
        let block = header(b"A: 1\r\nB: 2\r\n");
        assert_eq!(block.subset(&["x"], Keep::Named), b"");
        assert_eq!(block.subset(&["x"], Keep::Others), b"A: 1\r\nB: 2\r\n");
    }

    #[test]
    fn the_header_ends_behind_the_first_blank_line() {
        assert_eq!(header_end(b"A: b\r\n\r\nc\r\n\r\n"), 8);
        assert_eq!(header_end(b"A: b\n\nc"), 6);
        assert_eq!(header_end(b"A: b"), 4);
    }

    #[test]
    fn fields_of_one_name_come_from_top_to_bottom() {
        let block = header(b"To: a\r\nCc: b\r\nTO: c\r\n\r\n");
        let all: Vec<_> = block.all("to").map(|field| field.value()).collect();
        assert_eq!(all, [&b"a"[..], b"c"]);
    }
}
