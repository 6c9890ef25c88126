//! Patterns of IMAP responses.

use super::{CaptureType, TextPattern};
use crate::source::Span;

/// One `S:` line of an IMAP talk.
#[derive(Debug, Clone)]
pub enum ImapExpectation {
    /// The tagged answer.
    Tagged {
        /// Which statuses will do.
        statuses: Vec<ImapStatus>,
        /// The response code asked for.
        code: Option<ImapCode>,
    },
    /// An untagged response.
    Untagged {
        /// Whether it must, may or must not come.
        cardinality: Cardinality,
        /// Status responses (`* OK [CODE]`): the status and code; data responses: the items.
        data: ImapData,
    },
    /// A continuation request; the text pattern, when one was written.
    Continuation(Option<TextPattern>),
}

/// Whether an untagged response must, may or must not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cardinality {
    /// `S:`.
    Required,
    /// `S?:`.
    Optional,
    /// `S!:`.
    Forbidden,
}

/// What an untagged response holds.
#[derive(Debug, Clone)]
pub enum ImapData {
    /// `* OK [CODE …] text`, also NO, BAD, BYE, PREAUTH.
    Status {
        /// The status.
        status: ImapStatus,
        /// The response code asked for.
        code: Option<ImapCode>,
    },
    /// Anything else, as items.
    Items(Vec<ImapItem>),
}

/// The status of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImapStatus {
    /// OK.
    Ok,
    /// NO.
    No,
    /// BAD.
    Bad,
    /// BYE, untagged only.
    Bye,
    /// PREAUTH, greeting only.
    Preauth,
}

/// `[CODE argument…]`.
#[derive(Debug, Clone)]
pub struct ImapCode {
    /// The code and its arguments as items.
    pub items: Vec<ImapItem>,
}

/// One element of IMAP data.
#[derive(Debug, Clone)]
pub enum ImapItem {
    /// A bare word (atom, number, flag, NIL, `BODY[…]<…>`).
    Word(Vec<u8>),
    /// A string in double quotes: octet for octet.
    String(TextPattern),
    /// `( … )`.
    List(Vec<ImapItem>),
    /// `${name}`: equal to a string or word of these octets.
    Variable {
        /// The dotted name.
        name: String,
        /// Filters, in order.
        filters: Vec<crate::script::template::Filter>,
        /// Where it stands, in the file.
        span: Span,
    },
    /// `${name = TYPE}`.
    Capture {
        /// The variable to bind, `None` for `_`.
        name: Option<String>,
        /// What it takes.
        kind: CaptureType,
        /// Where it stands, in the file.
        span: Span,
    },
    /// `...`: and others.
    Others,
}
