//! What happens in an account, for those who asked to hear of it wherever it is (RFC 5465): kept
//! for them only, as many events as [`QUEUE`] says, and no more.

use std::ops::BitOr;

use super::ids::MailboxId;
use super::name::MailboxName;

/// Events of one account that wait for the slowest listener. One that falls further behind has
/// missed some, and is told so.
pub(super) const QUEUE: usize = 256;

/// Whose doing something was: a listener leaves out what it did itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Origin(pub(super) u64);

/// What happened, and whose doing it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// Who did it.
    pub(crate) origin: Origin,
    /// What was done.
    pub(crate) what: What,
}

/// What happened in an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// Something about the messages of a mailbox.
    Messages(MailboxId, Happened),
    /// A mailbox was made.
    Created(MailboxName),
    /// A mailbox was deleted; a level of the hierarchy may be left of it.
    Deleted(MailboxName),
    /// A mailbox was renamed, and all below it.
    Renamed {
        /// The name before.
        old: MailboxName,
        /// The name since.
        new: MailboxName,
    },
    /// A mailbox of another user can be seen since (`l` of RFC 4314, section 2.1), or no more.
    Access {
        /// The address of its owner.
        owner: String,
        /// The owner's name for it.
        name: MailboxName,
        /// Whether it can be seen.
        granted: bool,
    },
    /// Annotations were set or removed: of a mailbox, or of the server; by their full names.
    Annotations(Option<MailboxId>, Vec<String>),
    /// A name was subscribed, or is so no more.
    Subscription(MailboxName),
}

/// What happened to the messages of a mailbox; several things can at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Happened(u8);

impl Happened {
    /// There are new messages.
    pub(crate) const NEW: Self = Self(1);
    /// Messages were expunged.
    pub(crate) const EXPUNGED: Self = Self(2);
    /// Flags were changed.
    pub(crate) const FLAGS: Self = Self(4);
    /// `\Seen` among them.
    pub(crate) const SEEN: Self = Self(8);
    /// The UIDVALIDITY is another one than the name had before.
    pub(crate) const VALIDITY: Self = Self(16);

    /// Whether any of `other` happened.
    pub(crate) fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The same without `other`.
    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl BitOr for Happened {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
