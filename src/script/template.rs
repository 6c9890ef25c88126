//! What is sent: text with `${variable | filter}` in it.
//!
//! A template is only the parsed text; rendering it against bindings is the runner's affair.

use std::ops::Range;

use super::pattern::PatternError;
use crate::source::{Span, suggestion};

/// A parsed template.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template {
    /// The pieces, in order.
    pub parts: Vec<Part>,
    /// Where it stands.
    pub span: Span,
}

/// One piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Octets sent as they are.
    Octets(Vec<u8>),
    /// `${name | filter | …}`.
    Variable {
        /// The dotted name, as `alice.address` or `inbox.1`.
        name: String,
        /// The filters, in order.
        filters: Vec<Filter>,
        /// Where it stands.
        span: Span,
    },
}

/// What a variable passes through on its way into a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// Base64 with padding, no line breaks.
    Base64,
    /// The octets that the base64 text stands for.
    Base64Decode,
    /// ASCII upper case.
    Upper,
    /// ASCII lower case.
    Lower,
    /// The length in octets, in decimal.
    Octets,
    /// An IMAP quoted string.
    Quoted,
    /// An IMAP synchronizing literal.
    Literal,
    /// An IMAP non-synchronizing literal.
    LiteralPlus,
    /// One final CRLF removed.
    TrimCrlf,
    /// Each line end as CRLF.
    Normalized,
    /// The MD5 digest in hexadecimal digits.
    Md5,
}

impl Filter {
    /// Every filter with its name in scripts.
    pub const ALL: [(&'static str, Self); 11] = [
        ("base64", Self::Base64),
        ("base64-decode", Self::Base64Decode),
        ("upper", Self::Upper),
        ("lower", Self::Lower),
        ("octets", Self::Octets),
        ("quoted", Self::Quoted),
        ("literal", Self::Literal),
        ("literal+", Self::LiteralPlus),
        ("trim-crlf", Self::TrimCrlf),
        ("normalized", Self::Normalized),
        ("md5", Self::Md5),
    ];
}

/// Whether a text's backslashes mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escapes {
    /// They are themselves.
    Kept,
    /// `\r \n \t \0 \\ \xHH` are read (and `\"`, so that quoted text can be pasted).
    Read,
}

impl Template {
    /// Octets that are sent as they are.
    #[must_use]
    pub fn literal(octets: impl Into<Vec<u8>>, span: Span) -> Self {
        Self { parts: vec![Part::Octets(octets.into())], span }
    }

    /// Reads `${…}`, and escapes when they are to be read; `place` says where a range of the text
    /// stands in the file.
    ///
    /// # Errors
    /// Every `${…}` and escape that cannot be read.
    pub fn parse(
        text: &str,
        escapes: Escapes,
        place: &dyn Fn(Range<usize>) -> Span,
    ) -> Result<Self, Vec<PatternError>> {
        let mut reader =
            Reader { text, at: 0, place, parts: Vec::new(), octets: Vec::new(), mistakes: Vec::new() };
        reader.read(escapes);
        if reader.mistakes.is_empty() {
            Ok(Self { parts: reader.parts, span: place(0..text.len()) })
        } else {
            Err(reader.mistakes)
        }
    }

    /// The variables it reads, with their places in the file.
    #[must_use]
    pub fn reads(&self) -> Vec<(&str, Span)> {
        self.parts
            .iter()
            .filter_map(|part| match part {
                Part::Octets(_) => None,
                Part::Variable { name, span, .. } => Some((name.as_str(), *span)),
            })
            .collect()
    }

    /// Its octets, when it reads no variable.
    #[must_use]
    pub fn constant(&self) -> Option<Vec<u8>> {
        let mut octets = Vec::new();
        for part in &self.parts {
            match part {
                Part::Octets(more) => octets.extend_from_slice(more),
                Part::Variable { .. } => return None,
            }
        }
        Some(octets)
    }

    /// Puts octets behind it.
    pub fn push_octets(&mut self, octets: &[u8]) {
        match self.parts.last_mut() {
            Some(Part::Octets(last)) => last.extend_from_slice(octets),
            _ => self.parts.push(Part::Octets(octets.to_vec())),
        }
    }

    /// Puts another template behind it.
    pub fn append(&mut self, other: Self) {
        for part in other.parts {
            match part {
                Part::Octets(octets) => self.push_octets(&octets),
                Part::Variable { .. } => self.parts.push(part),
            }
        }
    }

    /// Puts a variable behind it.
    pub fn push_variable(&mut self, name: impl Into<String>, span: Span) {
        self.parts.push(Part::Variable { name: name.into(), filters: Vec::new(), span });
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    place: &'a dyn Fn(Range<usize>) -> Span,
    parts: Vec<Part>,
    octets: Vec<u8>,
    mistakes: Vec<PatternError>,
}

impl Reader<'_> {
    fn read(&mut self, escapes: Escapes) {
        while let Some(character) = self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            let rest = self.text.get(self.at..).unwrap_or("");
            if rest.starts_with("$${") {
                self.octets.extend_from_slice(b"${");
                self.at += 3;
            } else if rest.starts_with("${") {
                self.variable(rest);
            } else if character == '\\' && escapes == Escapes::Read {
                self.escape(rest);
            } else {
                let mut buffer = [0; 4];
                self.octets.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
                self.at += character.len_utf8();
            }
        }
        self.flush();
    }

    fn flush(&mut self) {
        if !self.octets.is_empty() {
            self.parts.push(Part::Octets(std::mem::take(&mut self.octets)));
        }
    }

    fn mistake(&mut self, range: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        let span = (self.place)(range);
        self.mistakes.push(PatternError { message: message.into(), span, help: Some(help.into()) });
    }

    fn variable(&mut self, rest: &str) {
        let start = self.at;
        let Some(length) = rest.find('}') else {
            self.at = self.text.len();
            let help = "close it with `}`, or write `$${` for the text `${`";
            return self.mistake(start..start + 2, "`${` is not closed", help);
        };
        self.at = start + length + 1;
        let inner = rest.get(2..length).unwrap_or("");
        let whole = start..self.at;
        let mut pieces = inner.split('|');
        let name = pieces.next().unwrap_or("").trim();
        if name.contains('=') {
            let help = "what is sent reads variables; `S:` lines and `let` bind them";
            return self.mistake(whole, format!("`{inner}` would bind a variable here"), help);
        }
        if !is_name(name) {
            let help = "a name is words joined by dots, as `${alice.address}`";
            return self.mistake(whole, format!("`{name}` is no name of a variable"), help);
        }
        let mut filters = Vec::new();
        for written in pieces {
            let word = written.trim();
            match Filter::ALL.iter().find(|(known, _)| *known == word) {
                Some((_, filter)) => filters.push(*filter),
                None => {
                    let known = Filter::ALL.map(|(known, _)| known);
                    self.mistake(
                        whole.clone(),
                        format!("there is no filter `{word}`"),
                        suggestion(word, &known),
                    );
                }
            }
        }
        self.flush();
        let span = (self.place)(whole);
        self.parts.push(Part::Variable { name: name.to_owned(), filters, span });
    }

    fn escape(&mut self, rest: &str) {
        let start = self.at;
        let (octet, length) = match rest.as_bytes().get(1) {
            Some(b'r') => (Some(b'\r'), 2),
            Some(b'n') => (Some(b'\n'), 2),
            Some(b't') => (Some(b'\t'), 2),
            Some(b'0') => (Some(0), 2),
            Some(b'\\') => (Some(b'\\'), 2),
            Some(b'"') => (Some(b'"'), 2),
            Some(b'x') => {
                let digits =
                    rest.get(2..4).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
                match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
                    Some(octet) => (Some(octet), 4),
                    None => (None, 2),
                }
            }
            _ => (None, 1),
        };
        self.at = start + length;
        match octet {
            Some(octet) => self.octets.push(octet),
            None => {
                let help = "the escapes are `\\r \\n \\t \\0 \\\\ \\xHH`";
                self.mistake(start..start + length, "this escape cannot be read", help);
            }
        }
    }
}

/// Whether a text can be a variable's name: words joined by dots.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let in_word = |c: char| !c.is_whitespace() && !"|={}$\"'`".contains(c);
    !text.is_empty() && text.split('.').all(|word| !word.is_empty() && word.chars().all(in_word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, escapes: Escapes) -> Result<Template, Vec<PatternError>> {
        Template::parse(text, escapes, &|range| Span::new(range.start + 100, range.end + 100))
    }

    #[test]
    fn variables_filters_and_text_are_told_apart() {
        let template = parse("a ${b.c | upper | octets}$${x}\\r", Escapes::Kept).unwrap();
        assert_eq!(
            template.parts,
            [
                Part::Octets(b"a ".to_vec()),
                Part::Variable {
                    name: "b.c".into(),
                    filters: vec![Filter::Upper, Filter::Octets],
                    span: Span::new(102, 125)
                },
                Part::Octets(b"${x}\\r".to_vec()),
            ]
        );
        assert_eq!(template.reads(), [("b.c", Span::new(102, 125))]);
        assert_eq!(template.constant(), None);
    }

    #[test]
    fn escapes_are_read_where_asked() {
        let template = parse(r"\r\n\t\0\\\x41\xff", Escapes::Read).unwrap();
        assert_eq!(template.constant().unwrap(), b"\r\n\t\0\\A\xff");
    }

    #[test]
    fn every_mistake_is_found_with_its_place() {
        let mistakes = parse(r"\q ${a = number} ${b | uper} ${ } \xg1 ${open", Escapes::Read).unwrap_err();
        let messages: Vec<&str> = mistakes.iter().map(|one| one.message.as_str()).collect();
        assert_eq!(messages.len(), 6, "{messages:#?}");
        assert_eq!(mistakes[0].span, Span::new(100, 101));
        assert_eq!(mistakes[2].help.as_deref(), Some("did you mean `upper`?"));
    }
}
