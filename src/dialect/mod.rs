//! How SMTP, POP3 and IMAP frame and read replies.
//!
//! Lossless: an invalid reply is read as far as it goes, keeps its octets, and
//! carries what is wrong with it as [`Violation`]s of rules that always hold.
//! Pure: octets in, replies out; no sockets, no clock. Shares nothing with the
//! reference server.
//!
//! Each protocol has a `Framer`. Give it the octets received and not yet
//! consumed, again and again as more arrive: it remembers how far it has
//! looked, so that a large reply is looked at once. After
//! [`Framing::Complete`] remove the consumed octets from the head. When the
//! connection is closed (or the time is up), `finish` reads what is left.

pub mod escape;
pub mod imap;
pub mod pop3;
pub mod rules;
pub mod smtp;

pub use rules::Rule;

use crate::requirement::RequirementId;

/// What stands at the head of the octets received so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Framing<T> {
    /// More octets are needed.
    Incomplete,
    /// One whole item.
    Complete {
        /// Octets it took.
        consumed: usize,
        /// What it is.
        item: T,
    },
}

/// A departure from a rule that every reply must keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The rule.
    pub requirement: RequirementId,
    /// What the rule asks, in a few words.
    pub expected: String,
    /// What came, quoted with escapes.
    pub actual: String,
}

/// How much is read before a framer gives up; in octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of one line, its end included. Literals and payloads are not lines.
    pub line: usize,
    /// Of one whole reply or response.
    pub item: usize,
}

impl Limits {
    /// For SMTP and LMTP: far above the 512 octets of a reply line.
    pub const SMTP: Self = Self { line: 64 << 10, item: 1 << 20 };
    /// For POP3: a reply may hold a message.
    pub const POP3: Self = Self { line: 64 << 10, item: 64 << 20 };
    /// For IMAP: a line may hold the numbers of a whole mailbox.
    pub const IMAP: Self = Self { line: 16 << 20, item: 64 << 20 };
}

/// Whether anything can be read behind an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// The next item begins where this one ended.
    Usable,
    /// A limit was passed, or the connection ended within the item: what follows has no beginning.
    BeyondUse,
}

/// Where the next LF stands, from `from`.
pub(crate) fn find_lf(octets: &[u8], from: usize) -> Option<usize> {
    octets.get(from..)?.iter().position(|&octet| octet == b'\n').map(|at| from + at)
}

/// A line without its CRLF or LF.
pub(crate) fn trim_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}
