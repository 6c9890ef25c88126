//! Patterns of text within one line.

use regex::bytes::Regex;

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
