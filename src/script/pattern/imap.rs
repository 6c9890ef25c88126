//! Patterns of IMAP responses: what an `S:` line of an IMAP talk says. Reading them is in `imap_parse`.

use super::{CaptureType, TextPart, TextPattern};
use crate::source::Span;

pub use super::imap_parse::parse;

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
    /// `S>:`, required behind the response that the line above took.
    InOrder,
    /// `S?:`.
    Optional,
    /// `S!:`.
    Forbidden,
}

impl Cardinality {
    /// Whether the response must come.
    #[must_use]
    pub const fn is_required(self) -> bool {
        matches!(self, Self::Required | Self::InOrder)
    }
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
    /// A bare word with variables in it, as `Work-${unique}` or `${first}:*`.
    Mixed(TextPattern),
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

impl ImapStatus {
    /// Every status with its word.
    pub const ALL: [(&'static str, Self); 5] = [
        ("OK", Self::Ok),
        ("NO", Self::No),
        ("BAD", Self::Bad),
        ("BYE", Self::Bye),
        ("PREAUTH", Self::Preauth),
    ];

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::No => "NO",
            Self::Bad => "BAD",
            Self::Bye => "BYE",
            Self::Preauth => "PREAUTH",
        }
    }
}

impl ImapExpectation {
    /// The variables it reads, with their places in the file.
    #[must_use]
    pub fn reads(&self) -> Vec<(&str, Span)> {
        let mut names = Vec::new();
        self.visit(&mut |name, span, use_| {
            if use_ == Use::Read {
                names.push((name, span))
            }
        });
        names
    }

    /// The variables it binds, with their places in the file.
    #[must_use]
    pub fn binds(&self) -> Vec<(&str, Span)> {
        let mut names = Vec::new();
        self.visit(&mut |name, span, use_| {
            if use_ == Use::Bind {
                names.push((name, span))
            }
        });
        names
    }

    fn visit<'a>(&'a self, see: &mut dyn FnMut(&'a str, Span, Use)) {
        match self {
            Self::Tagged { code, .. } | Self::Untagged { data: ImapData::Status { code, .. }, .. } => {
                for item in code.iter().flat_map(|code| &code.items) {
                    item.visit(see);
                }
            }
            Self::Untagged { data: ImapData::Items(items), .. } => {
                for item in items {
                    item.visit(see);
                }
            }
            Self::Continuation(text) => {
                if let Some(text) = text {
                    visit_text(text, see);
                }
            }
        }
    }
}

/// What is done with a variable.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Read,
    Bind,
}

impl ImapItem {
    fn visit<'a>(&'a self, see: &mut dyn FnMut(&'a str, Span, Use)) {
        match self {
            Self::Word(_) | Self::Others | Self::Capture { name: None, .. } => {}
            Self::String(text) | Self::Mixed(text) => visit_text(text, see),
            Self::List(items) => {
                for item in items {
                    item.visit(see);
                }
            }
            Self::Variable { name, span, .. } => see(name, *span, Use::Read),
            Self::Capture { name: Some(name), span, .. } => see(name, *span, Use::Bind),
        }
    }
}

fn visit_text<'a>(text: &'a TextPattern, see: &mut dyn FnMut(&'a str, Span, Use)) {
    for part in &text.parts {
        match part {
            TextPart::Variable { name, span, .. } => see(name, *span, Use::Read),
            TextPart::Capture { name: Some(name), span, .. } => see(name, *span, Use::Bind),
            TextPart::Octets(_) | TextPart::Any | TextPart::Capture { name: None, .. } => {}
        }
    }
}
