//! What is sent: text with `${variable | filter}` in it.
//!
//! A template is only the parsed text; rendering it against bindings is the runner's affair.

use crate::source::Span;

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
}

impl Filter {
    /// Every filter with its name in scripts.
    pub const ALL: [(&'static str, Self); 10] = [
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
    ];
}
