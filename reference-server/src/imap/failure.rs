//! Why a command did not succeed, or a session does not go on.

use std::io;

use crate::imap::response::{Reply, ResponseCode};
use crate::net::ReadError;
use crate::store::StoreError;

/// Why a command did not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It is answered, and the session goes on.
    Answered(Reply),
    /// The connection is of no more use.
    Ended(Ended),
}

/// Why a session ends that the client did not end by LOGOUT.
#[derive(Debug)]
pub(crate) enum Ended {
    /// There is a last word to say, and then the server closes (RFC 3501, section 7.1.5).
    Bye(Reply),
    /// The peer is gone or out of reach.
    Gone,
}

impl From<Reply> for Failure {
    fn from(reply: Reply) -> Self {
        Self::Answered(reply)
    }
}

impl From<Ended> for Failure {
    fn from(ended: Ended) -> Self {
        Self::Ended(ended)
    }
}

impl From<ReadError> for Ended {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Closed | ReadError::Io(_) => Self::Gone,
            ReadError::Timeout => Self::Bye(Reply::bye("Autologout; idle for too long")),
            ReadError::ShuttingDown => {
                Self::Bye(Reply::bye("the server is shutting down").with(ResponseCode::Unavailable))
            }
        }
    }
}

impl From<io::Error> for Ended {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Ended(error.into())
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Self::Ended(error.into())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Answered(refusal(&error))
    }
}

/// How a failure of the store is told: always NO, for the command was right.
pub(crate) fn refusal(error: &StoreError) -> Reply {
    match error {
        StoreError::NoSuchMailbox | StoreError::NoSuchAccount => {
            Reply::no("no such mailbox").with(ResponseCode::Nonexistent)
        }
        StoreError::NotSelectable => {
            Reply::no("the name is only a level of the hierarchy").with(ResponseCode::Nonexistent)
        }
        StoreError::NoSuchMessage => {
            Reply::no("some of the messages no longer exist").with(ResponseCode::ExpungeIssued)
        }
        StoreError::NoPermission => Reply::no("you have not the right to do this").with(ResponseCode::NoPerm),
        StoreError::AlreadyExists => {
            Reply::no("there is such a mailbox already").with(ResponseCode::AlreadyExists)
        }
        StoreError::Inbox => Reply::no("not possible with INBOX").with(ResponseCode::Cannot),
        StoreError::HasChildren => {
            Reply::no("the name has inferior hierarchical names").with(ResponseCode::HasChildren)
        }
        StoreError::InvalidName => Reply::no("no mailbox can have this name").with(ResponseCode::Cannot),
        StoreError::TooMany => Reply::no("there are too many of them").with(ResponseCode::Limit),
        StoreError::OverQuota => Reply::no("the quota does not allow it").with(ResponseCode::OverQuota),
        // Not OVERQUOTA: that is about the user, and this about the server (RFC 5530, section 3).
        StoreError::Full => Reply::no("the server has no room left").with(ResponseCode::Unavailable),
        StoreError::Closed => Reply::no("the server is shutting down").with(ResponseCode::Unavailable),
        StoreError::Corrupt(reason) => {
            tracing::error!(%reason, "the store is damaged");
            Reply::no("what is kept of the mail is damaged").with(ResponseCode::Corruption)
        }
        StoreError::Io(reason) => {
            tracing::error!(%reason, "the store failed");
            Reply::no("the server failed to do it").with(ResponseCode::ServerBug)
        }
    }
}

/// The same for COPY and APPEND, where a missing mailbox might be made first (RFC 3501, sections
/// 6.3.11 and 6.4.7).
pub(crate) fn refusal_of_destination(error: &StoreError) -> Reply {
    match error {
        StoreError::NoSuchMailbox | StoreError::NotSelectable => {
            Reply::no("no such mailbox").with(ResponseCode::TryCreate)
        }
        other => refusal(other),
    }
}
