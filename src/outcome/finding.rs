//! A finding: one departure from a requirement, with its evidence.

use std::time::Duration;

use crate::requirement::{Level, RequirementId};

/// One departure seen on the wire.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule.
    pub requirement: RequirementId,
    /// How strongly it binds here.
    pub level: Level,
    /// What was expected, in a few words or as the script wrote it.
    pub expected: String,
    /// What came, octets escaped.
    pub actual: String,
    /// The script file.
    pub file: String,
    /// Line in the script, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Width of the underlined part in characters.
    pub width: usize,
    /// The script's line.
    pub source_line: String,
    /// What is wrong, said under the caret.
    pub label: String,
    /// What it stands in, the outermost first: a row, a round of a loop, the use of a block.
    pub within: Vec<String>,
    /// The last lines of the transcript before it.
    pub excerpt: Vec<TranscriptLine>,
    /// What the target's rulings say of it.
    pub ruling: Option<RulingMark>,
}

/// A ruling that covers a finding.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RulingMark {
    /// Whose fault: `server`, `case` or `unclear`.
    pub fault: String,
    /// Why.
    pub why: String,
}

/// Who spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The harness.
    Client,
    /// The server.
    Server,
    /// A remark of the harness: connected, TLS, closed, reset.
    Note,
}

/// One line of a transcript, secrets redacted, octets escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TranscriptLine {
    /// The connection's name.
    pub connection: String,
    /// Since the case began.
    pub at: Duration,
    /// Who spoke.
    pub direction: Direction,
    /// The line without its CRLF; other controls and 8-bit octets as `\xHH`.
    pub text: String,
}
