//! A mailbox as somebody names it: of two users each has names of his own, and may ask for those of
//! the other.

use super::ids::AccountId;
use super::name::MailboxName;

/// A mailbox as somebody names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// Who asks: his rights decide (RFC 4314).
    pub(crate) by: AccountId,
    /// Whose it is, or would be: his quota counts.
    pub(crate) owner: AccountId,
    /// What its owner calls it.
    pub(crate) name: MailboxName,
}

impl Named {
    /// One of the asker's own.
    pub(crate) fn own(account: AccountId, name: &MailboxName) -> Self {
        Self { by: account, owner: account, name: name.clone() }
    }

    /// Another of the same owner, as the same one asks for it.
    pub(super) fn beside(&self, name: MailboxName) -> Self {
        Self { name, ..*self }
    }
}
