//! What must be answered: patterns of text and of IMAP data, parsed from `S:` lines.
//!
//! Only the parsed form; matching it against a reply is in `run/checks`.

mod imap;
mod pop3;
mod smtp;
mod text;

pub use imap::{Cardinality, ImapCode, ImapData, ImapExpectation, ImapItem, ImapStatus};
pub use pop3::{Pop3Expectation, Pop3Payload, Pop3Status};
pub use smtp::{CodePattern, SmtpExpectation, SmtpLine};
pub use text::{CaptureType, TextPart, TextPattern};

use crate::source::Span;

/// Why a pattern cannot be read: what is wrong, where (bytes from the pattern's first), and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// What is wrong, as a sentence without a final stop.
    pub message: String,
    /// The part that is wrong, relative to the pattern's first byte.
    pub span: Span,
    /// What would be right.
    pub help: Option<String>,
}
