//! Conversations, and what their expectations judge.

use crate::requirement::{Level, RequirementId};
use crate::script::pattern::{ImapExpectation, Pop3Expectation, SmtpExpectation};
use crate::script::template::Template;
use crate::source::Span;

/// A conversation: exchanges in order.
#[derive(Debug, Clone)]
pub struct Talk {
    /// Client lines sent together, then what is expected.
    pub exchanges: Vec<Exchange>,
}

/// Client lines that are sent at once, and what the server must answer to them.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The `C:` lines, possibly none.
    pub commands: Vec<Command>,
    /// The `S:` lines, in order.
    pub expectations: Vec<Expectation>,
    /// What brings the first reply about.
    pub trigger: Trigger,
}

/// What brings the first reply of an exchange about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// That the connection was opened: the reply is the greeting.
    Greeting,
    /// What the script sent, in this exchange or a step before.
    Script,
}

/// One `C:` line.
#[derive(Debug, Clone)]
pub struct Command {
    /// The text, without tag and line end.
    pub text: Template,
    /// Its name, by which its answer is told from others' (`C[a]:`, IMAP only).
    pub label: Option<String>,
    /// Where it stands.
    pub span: Span,
}

/// One expectation: an `S:` line, or several that describe one reply.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// What must come.
    pub pattern: Pattern,
    /// The command that it answers (`S[a]:`); the earliest not answered yet when it says none.
    pub label: Option<String>,
    /// What it judges; `None` is a precondition.
    pub law: Option<Law>,
    /// Where its pattern stands.
    pub span: Span,
    /// Its pattern as written, for reports.
    pub text: String,
}

/// A pattern of the connection's protocol.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// A whole SMTP or LMTP reply.
    Smtp(SmtpExpectation),
    /// A whole POP3 reply.
    Pop3(Pop3Expectation),
    /// One IMAP response.
    Imap(ImapExpectation),
}

/// What an expectation judges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Law {
    /// The requirements, at least one.
    pub ids: Vec<RequirementId>,
    /// A level that differs from the ledger's.
    pub level: Option<Level>,
    /// Where it stands.
    pub span: Span,
}
