//! Patterns of text within one line.

use regex::bytes::Regex;

use super::PatternError;
use super::reference::{self, Reference};
use crate::source::Span;

/// A pattern of text.
#[derive(Debug, Clone, Default)]
pub struct TextPattern {
    /// Its parts, in order.
    pub parts: Vec<TextPart>,
}

/// One part of a text pattern.
#[derive(Debug, Clone)]
pub enum TextPart {
    /// These octets.
    Octets(Vec<u8>),
    /// `${name}` or `${name | filter}`: the value of a variable.
    Variable {
        /// The dotted name.
        name: String,
        /// Filters, in order.
        filters: Vec<crate::script::template::Filter>,
        /// Where it stands, in the file.
        span: Span,
    },
    /// `${name = TYPE}`; the name `_` binds nothing.
    Capture {
        /// The variable to bind, `None` for `_`.
        name: Option<String>,
        /// What it takes.
        kind: CaptureType,
        /// Where it stands, in the file.
        span: Span,
    },
    /// `...`: any text.
    Any,
}

/// What a capture takes.
#[derive(Debug, Clone)]
pub enum CaptureType {
    /// Digits.
    Number,
    /// No white space, at least one octet.
    Word,
    /// Anything, also nothing.
    Text,
    /// An IMAP atom.
    Atom,
    /// An IMAP string; the value is bound.
    String,
    /// Any one IMAP value.
    Any,
    /// An IMAP sequence set.
    Set,
    /// A whole POP3 multi-line payload, unstuffed, each line with its CRLF.
    Payload,
    /// What the expression matches whole.
    Regex(Regex),
}

/// Makes a capture type that needs nothing but its word.
pub type MakeCaptureType = fn() -> CaptureType;

impl CaptureType {
    /// The types that are named by a word, with that word.
    pub const WORDS: [(&'static str, MakeCaptureType); 8] = [
        ("number", || Self::Number),
        ("word", || Self::Word),
        ("text", || Self::Text),
        ("atom", || Self::Atom),
        ("string", || Self::String),
        ("any", || Self::Any),
        ("set", || Self::Set),
        ("payload", || Self::Payload),
    ];

    /// What it takes, in a few words, for a mismatch.
    #[must_use]
    pub const fn describe(&self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Word => "a word",
            Self::Text => "any text",
            Self::Atom => "an atom",
            Self::String => "a string",
            Self::Any => "a value",
            Self::Set => "a sequence set",
            Self::Payload => "a payload",
            Self::Regex(_) => "text that fits the expression",
        }
    }
}

/// Reads a pattern of text; `offset` is the place of its first octet in the file.
///
/// # Errors
/// A `${…}` that cannot be read, with its place in the file.
pub fn parse(text: &str, offset: usize) -> Result<TextPattern, PatternError> {
    let mut pattern = TextPattern::default();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        at = match pattern.parse_special(text, at, offset)? {
            Some(end) => end,
            None => at + pattern.push_char(rest),
        };
    }
    Ok(pattern)
}

impl TextPattern {
    /// Whether it is only `...`.
    #[must_use]
    pub fn is_any(&self) -> bool {
        matches!(self.parts.as_slice(), [TextPart::Any])
    }

    /// The variables it reads, with their places in the file.
    #[must_use]
    pub fn reads(&self) -> Vec<(&str, Span)> {
        let read = |part: &'_ TextPart| matches!(part, TextPart::Variable { .. });
        self.parts.iter().filter(|part| read(part)).filter_map(TextPart::named).collect()
    }

    /// The variables it binds, with their places in the file.
    #[must_use]
    pub fn binds(&self) -> Vec<(&str, Span)> {
        let bound = |part: &'_ TextPart| matches!(part, TextPart::Capture { .. });
        self.parts.iter().filter(|part| bound(part)).filter_map(TextPart::named).collect()
    }

    /// Reads `$${`, `${…}` or `...` at `at`; where it ends, or `None` when none of them is there.
    pub(super) fn parse_special(
        &mut self,
        text: &str,
        at: usize,
        offset: usize,
    ) -> Result<Option<usize>, PatternError> {
        let rest = text.get(at..).unwrap_or_default();
        if rest.starts_with("$${") {
            self.push_octets(b"${");
            return Ok(Some(at + 3));
        }
        if rest.starts_with("${") {
            let (reference, end) = reference::parse(text, at, offset)?;
            self.parts.push(TextPart::from(reference));
            return Ok(Some(end));
        }
        if rest.starts_with("...") {
            self.parts.push(TextPart::Any);
            return Ok(Some(at + 3));
        }
        Ok(None)
    }

    /// Takes the first character of `rest` as itself; its length in octets.
    pub(super) fn push_char(&mut self, rest: &str) -> usize {
        let length = rest.chars().next().map_or(1, char::len_utf8);
        self.push_octets(rest.as_bytes().get(..length).unwrap_or_default());
        length
    }

    pub(super) fn push_octets(&mut self, octets: &[u8]) {
        if let Some(TextPart::Octets(last)) = self.parts.last_mut() {
            last.extend_from_slice(octets);
        } else {
            self.parts.push(TextPart::Octets(octets.to_vec()));
        }
    }
}

impl TextPart {
    /// Its variable, if it names one.
    fn named(&self) -> Option<(&str, Span)> {
        match self {
            Self::Variable { name, span, .. } | Self::Capture { name: Some(name), span, .. } => {
                Some((name, *span))
            }
            Self::Octets(_) | Self::Any | Self::Capture { name: None, .. } => None,
        }
    }
}

impl From<Reference> for TextPart {
    fn from(reference: Reference) -> Self {
        match reference {
            Reference::Read { name, filters, span } => Self::Variable { name, filters, span },
            Reference::Capture { name, kind, span } => Self::Capture { name, kind, span },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::template::Filter;

    #[test]
    fn octets_variables_captures_and_dots_are_told_apart() {
        let pattern = parse("a ${x.y | upper} ... ${n = number}$${z}", 100).unwrap();
        let [
            TextPart::Octets(a),
            TextPart::Variable { name, filters, span },
            TextPart::Octets(space),
            TextPart::Any,
            TextPart::Octets(_),
            TextPart::Capture { name: Some(bound), kind: CaptureType::Number, .. },
            TextPart::Octets(tail),
        ] = pattern.parts.as_slice()
        else {
            panic!("{pattern:?}")
        };
        assert_eq!((a.as_slice(), space.as_slice(), tail.as_slice()), (&b"a "[..], &b" "[..], &b"${z}"[..]));
        assert_eq!(
            (name.as_str(), filters.as_slice(), *span),
            ("x.y", &[Filter::Upper][..], Span::new(102, 116))
        );
        assert_eq!(bound, "n");
        assert_eq!(pattern.reads(), [("x.y", Span::new(102, 116))]);
        assert_eq!(pattern.binds(), [("n", Span::new(121, 134))]);
    }

    #[test]
    fn a_regular_expression_may_hold_braces_and_slashes() {
        let pattern = parse(r"${x = /a{2}\/[}]/} b", 0).unwrap();
        let [TextPart::Capture { kind: CaptureType::Regex(regex), .. }, TextPart::Octets(rest)] =
            pattern.parts.as_slice()
        else {
            panic!("{pattern:?}")
        };
        assert!(regex.is_match(b"aa/}"));
        assert!(!regex.is_match(b"aa/}x"));
        assert_eq!(rest, b" b");
    }

    #[test]
    fn each_mistake_names_its_place() {
        let cases = [
            ("ab ${x", Span::new(13, 16), "not closed"),
            ("ab ${ = number}", Span::new(13, 25), "needs a name"),
            ("${x = nummer}", Span::new(16, 22), "no type `nummer`"),
            ("${x | uper}", Span::new(16, 20), "no filter `uper`"),
            ("${x = /(/}", Span::new(16, 19), "cannot be read"),
            ("${x = /a{1000}{1000}/}", Span::new(16, 31), "cannot be read"),
            ("${a b}", Span::new(12, 15), "not a name"),
        ];
        for (text, span, words) in cases {
            let error = parse(text, 10).unwrap_err();
            assert_eq!(error.span, span, "{text}");
            assert!(error.message.contains(words), "{text}: {}", error.message);
            assert!(error.help.is_some(), "{text}");
        }
    }
}
