//! Matching: does what came fit what the script expects? One file an expectation kind.
//!
//! Entry points for the runner:
//! - [`smtp::match_reply`] and [`pop3::match_reply`]: one expectation against one reply;
//! - [`imap::judge`]: all untagged expectations of an exchange against all its untagged responses, and
//!   [`imap::match_response`]: one expectation against one response (the tagged answer, a
//!   continuation request, the greeting);
//! - [`text::match_text`]: a pattern against a text, for header fields and the like.
//!
//! What a pattern captures is bound only when the whole of it matches. A
//! [`Mismatch`] says whose fault it is: a script that reads a variable without
//! value is no finding about a server. Reading replies and judging the rules
//! that every reply keeps is `dialect`'s affair.

pub mod imap;
pub mod pop3;
mod sequence;
pub mod smtp;
pub mod text;

use crate::dialect::escape::quote;
use crate::run::bindings::RenderError;

/// Why what came is not what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// What was expected, in a few words or as the script has it, variables replaced by their values.
    pub expected: String,
    /// What came, octets escaped.
    pub actual: String,
    /// What is wrong, short enough to stand under a caret.
    pub label: String,
    /// Who is to blame.
    pub fault: Fault,
}

/// Who is to blame for a mismatch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The server: it sent something else.
    Reply,
    /// The script: a variable has no value, or a filter does not take it.
    Script,
}

impl Mismatch {
    /// A departure of the server's.
    pub(crate) fn new(
        expected: impl Into<String>,
        actual: impl Into<String>,
        label: impl Into<String>,
    ) -> Self {
        Self { expected: expected.into(), actual: actual.into(), label: label.into(), fault: Fault::Reply }
    }
}

impl From<RenderError> for Mismatch {
    fn from(error: RenderError) -> Self {
        let label = error.message.clone();
        Self {
            expected: "a variable with a value".into(),
            actual: error.message,
            label,
            fault: Fault::Script,
        }
    }
}

/// Octets for a label: quoted, and cut where they are long.
fn brief(octets: &[u8]) -> String {
    const LONGEST: usize = 48;
    let text = quote(octets.get(..LONGEST).unwrap_or(octets));
    if octets.len() > LONGEST { format!("{text}…") } else { text }
}
