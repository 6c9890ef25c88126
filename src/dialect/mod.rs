//! How SMTP, POP3 and IMAP frame and read replies.
//!
//! Lossless: an invalid reply is read as far as it goes, keeps its octets, and
//! carries what is wrong with it as [`Violation`]s of rules that always hold.
//! Pure: octets in, replies out; no sockets, no clock. Shares nothing with the
//! reference server.

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
