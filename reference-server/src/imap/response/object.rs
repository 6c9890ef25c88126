//! ```abnf
//! objectid = 1*255(ALPHA / DIGIT / "_" / "-")      ; RFC 8474, section 7
//! ```
//! Each kind begins with a letter of its own, so that no two of them are ever the same (section 5.2).

use crate::store::{MailboxId, ThreadId};

/// What an EMAILID could be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EmailPlace {
    /// The content's number, which copies share.
    pub(crate) body: i64,
    /// The mailbox's number.
    pub(crate) mailbox: i64,
}

/// EMAILID
pub(crate) fn email_id(number: i64) -> String {
    format!("M{number}")
}

/// THREADID
pub(crate) fn thread_id(thread: ThreadId) -> String {
    format!("T{thread}")
}

/// MAILBOXID
pub(crate) fn mailbox_id(mailbox: MailboxId) -> String {
    format!("F{mailbox}")
}
