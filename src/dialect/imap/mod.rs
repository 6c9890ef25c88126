//! IMAP responses (RFC 3501, section 7): framing, reading, and the rules that every response keeps.
//!
//! Literals are read whole. What is not known is read as far as the general
//! shape goes and is not judged: extensions may add responses, response codes
//! and FETCH items at will (RFC 4466).

mod frame;
mod grammar;
mod message;
mod read;
mod value;

pub use frame::Framer;
pub use value::Value;

use super::rules::{self, Rule};
use super::{Stream, Violation};

/// One response, literals included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Its octets as they came.
    pub raw: Vec<u8>,
    /// What it says.
    pub kind: Kind,
    /// What is wrong with it.
    pub violations: Vec<Violation>,
    /// Whether anything can be read behind it.
    pub stream: Stream,
}

/// What a response says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The answer to a command.
    Tagged {
        /// The command's tag.
        tag: Vec<u8>,
        /// `None` when the word is no status.
        status: Option<Status>,
        /// `[CODE …]`.
        code: Option<Code>,
        /// The text behind.
        text: Vec<u8>,
    },
    /// `* OK`, `* NO`, `* BAD`, `* BYE`, `* PREAUTH`.
    Status {
        /// The status.
        status: Status,
        /// `[CODE …]`.
        code: Option<Code>,
        /// The text behind.
        text: Vec<u8>,
    },
    /// Any other untagged response.
    Data {
        /// What stands behind `* `, as far as it could be read.
        items: Vec<Value>,
    },
    /// `+ …`.
    Continuation {
        /// What stands behind `+ `.
        text: Vec<u8>,
    },
    /// None of these.
    Garbled,
}

/// A response code (RFC 3501, section 7.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The code and its arguments.
    pub items: Vec<Value>,
    /// Its octets, without the brackets.
    pub raw: Vec<u8>,
}

impl Code {
    /// Its name in upper case.
    #[must_use]
    pub fn name(&self) -> String {
        self.items.first().map(Value::upper).unwrap_or_default()
    }
}

/// The status of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// `OK`.
    Ok,
    /// `NO`.
    No,
    /// `BAD`.
    Bad,
    /// `BYE`.
    Bye,
    /// `PREAUTH`.
    Preauth,
}

impl Status {
    const ALL: [(&'static [u8], Self); 5] = [
        (b"OK", Self::Ok),
        (b"NO", Self::No),
        (b"BAD", Self::Bad),
        (b"BYE", Self::Bye),
        (b"PREAUTH", Self::Preauth),
    ];

    /// The status that a word is, whatever its case.
    #[must_use]
    pub fn from_word(word: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(_, status)| status)
    }
}

impl Response {
    /// The number and the name of an untagged data response: `(Some(3), "EXISTS")`, `(None, "FLAGS")`.
    #[must_use]
    pub fn data(&self) -> Option<(Option<u64>, String)> {
        let Kind::Data { items } = &self.kind else { return None };
        match items.as_slice() {
            [number, name, ..] if number.number().is_some() => Some((number.number(), name.upper())),
            [name, ..] => Some((None, name.upper())),
            [] => None,
        }
    }

    /// Its response code.
    #[must_use]
    pub fn code(&self) -> Option<&Code> {
        match &self.kind {
            Kind::Tagged { code, .. } | Kind::Status { code, .. } => code.as_ref(),
            Kind::Data { .. } | Kind::Continuation { .. } | Kind::Garbled => None,
        }
    }
}

/// Whether a tagged response answers one of these commands (RFC 3501, section 2.2.2).
///
/// `outstanding` are the tags of the commands that are not answered yet.
#[must_use]
pub fn check_tag<T: AsRef<[u8]>>(response: &Response, outstanding: &[T]) -> Option<Violation> {
    match &response.kind {
        Kind::Tagged { tag, .. } if !outstanding.iter().any(|known| known.as_ref() == tag.as_slice()) => {
            Some(rules::IMAP_TAG.broken_by(&response.raw))
        }
        _ => None,
    }
}

/// What is wrong with a response; each rule is named once.
#[derive(Debug, Default)]
struct Violations {
    found: Vec<Violation>,
}

impl Violations {
    fn add(&mut self, rule: Rule, octets: &[u8]) {
        if !self.found.iter().any(|violation| violation.requirement.as_str() == rule.id) {
            self.found.push(rule.broken_by(octets));
        }
    }
}

#[cfg(test)]
mod tests;
