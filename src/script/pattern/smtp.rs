//! Patterns of SMTP and LMTP replies.

use super::TextPattern;

/// A whole reply.
#[derive(Debug, Clone)]
pub struct SmtpExpectation {
    /// One line when the reply is described as a whole; several when each of its lines is written.
    pub lines: Vec<SmtpLine>,
}

/// One `S:` line.
#[derive(Debug, Clone)]
pub struct SmtpLine {
    /// The code, alternatives and classes allowed.
    pub codes: Vec<CodePattern>,
    /// Whether it was written `250-`: more lines follow.
    pub continues: bool,
    /// Enhanced status, each part a number or `None` for `x`.
    pub enhanced: Option<[Option<u16>; 3]>,
    /// The text behind; `None` when none was written.
    pub text: Option<TextPattern>,
}

/// A reply code: `250`, or `2xx`, `25x`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodePattern {
    /// Three digits, `None` for `x`.
    pub digits: [Option<u8>; 3],
}
