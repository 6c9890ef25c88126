//! Patterns of POP3 replies.

use super::TextPattern;

/// A whole reply.
#[derive(Debug, Clone)]
pub struct Pop3Expectation {
    /// `+OK`, `-ERR`, or either.
    pub status: Pop3Status,
    /// `[CODE]` (RFC 2449, section 8).
    pub code: Option<String>,
    /// The text behind; `None` when none was written.
    pub text: Option<TextPattern>,
    /// What is said of the payload.
    pub payload: Pop3Payload,
}

/// The status indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pop3Status {
    /// `+OK`.
    Ok,
    /// `-ERR`.
    Err,
    /// Either.
    Any,
}

/// What is said of a multi-line payload.
#[derive(Debug, Clone)]
pub enum Pop3Payload {
    /// Nothing: read where the command asks for one, and not judged.
    Unjudged,
    /// Bound whole to this variable.
    Bound(String),
    /// Line by line; a pattern that is only `...` stands for any number of lines.
    Lines(Vec<TextPattern>),
}
