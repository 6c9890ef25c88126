//! What came of the attempt to hand a message over for one recipient.

use crate::store::AccountId;

/// The outcome for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The next server has taken it.
    HandedOver {
        /// Its host.
        host: String,
        /// Does it tell the sender about deliveries where that is asked (RFC 3461, section 5.2.1)?
        reports: bool,
        /// Is the sender to be told of the relaying in any case (RFC 2852)?
        traced: bool,
    },
    /// It is for a mailbox here.
    Arrived(AccountId),
    /// It will never be taken.
    Failed(Reason),
    /// It may be taken later.
    Deferred(Reason),
}

/// Why a recipient was not reached, as a report tells it (RFC 3464, section 2.3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reason {
    /// Enhanced status code (RFC 3463).
    pub(crate) status: String,
    /// The other server's reply, or what happened instead.
    pub(crate) text: String,
    /// The other server, where one was reached.
    pub(crate) host: Option<String>,
    /// Is `text` a reply of SMTP?
    pub(crate) is_reply: bool,
}

impl Reason {
    /// A reason that is no server's reply.
    pub(crate) fn ours(status: &str, text: impl Into<String>) -> Self {
        Self { status: status.to_owned(), text: text.into(), host: None, is_reply: false }
    }
}
