//! What must be answered: patterns of text and of IMAP data, parsed from `S:` lines.
//!
//! Only the parsed form; matching it against a reply is in `run/checks`.

pub mod imap;
mod imap_parse;
pub mod pop3;
mod reference;
pub mod smtp;
pub mod text;

pub use imap::{Cardinality, ImapCode, ImapData, ImapExpectation, ImapItem, ImapStatus};
pub use pop3::{Pop3Expectation, Pop3Payload, Pop3Status};
pub use smtp::{CodePattern, SmtpExpectation, SmtpLine};
pub use text::{CaptureType, TextPart, TextPattern};

use crate::source::Span;

/// Why a pattern cannot be read: what is wrong, where, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// What is wrong, as a sentence without a final stop.
    pub message: String,
    /// The part that is wrong, in the file.
    pub span: Span,
    /// What would be right.
    pub help: Option<String>,
}
