//! What STORE does: flags are changed, for as many as may be and have not changed meanwhile.

use rusqlite::{Connection, params};

use super::{Message, find, next_modseq};
use crate::store::flags::{Flags, SystemFlag};
use crate::store::happened::Happened;
use crate::store::ids::{MailboxId, ModSeq, Uid};
use crate::store::listing::Listing;
use crate::store::mailboxes;
use crate::store::rights::Rights;
use crate::store::writer::Writing;
use crate::store::{Store, StoreError};

/// How STORE changes flags (RFC 3501, section 6.4.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FlagChange {
    /// These and no others.
    Replace,
    /// These too.
    Add,
    /// These no more.
    Remove,
}

impl FlagChange {
    /// What the change makes of a message's flags, as far as these rights allow (RFC 4314, section 4).
    pub(crate) fn applied(self, before: &Flags, flags: &Flags, rights: Rights) -> Flags {
        let (mut after, given) = (before.clone(), rights.of_flags(flags));
        match self {
            Self::Replace => {
                after.remove(&rights.of_flags(before));
                after.add(&given);
            }
            Self::Add => after.add(&given),
            Self::Remove => after.remove(&given),
        }
        after
    }
}

/// Which messages a conditional STORE changes (RFC 7162, section 3.1.3).
#[derive(Debug, Clone)]
pub(crate) struct Unchanged {
    /// Those that have not changed since.
    pub(crate) since: ModSeq,
    /// The flags that some of them had then, in ascending order of UID: a change of other flags than
    /// those of the command does not count (section 3.1.12).
    pub(crate) known: Vec<(Uid, Flags)>,
}

impl Unchanged {
    /// Whether the message is to be left alone.
    fn stops(&self, message: &Message, change: FlagChange, flags: &Flags) -> bool {
        let known = || {
            let place = self.known.binary_search_by_key(&message.uid, |(uid, _)| *uid).ok()?;
            self.known.get(place)
        };
        message.modseq > self.since
            && (change == FlagChange::Replace
                || !known().is_some_and(|(_, known)| known.agrees(&message.flags, flags)))
    }
}

/// What a change of flags did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FlagsChanged {
    /// The messages that exist, as they are afterwards.
    pub(crate) after: Listing,
    /// Those of them that were left alone because they had changed since (RFC 7162, section
    /// 3.1.3), in ascending order.
    pub(crate) modified: Vec<Uid>,
    /// The modification sequence of the change, where anything changed.
    pub(crate) modseq: Option<ModSeq>,
}

impl Store {
    /// Changes flags, and gives back the messages that exist as they are afterwards. Where
    /// nothing changes the modification sequence stays. Messages that changed after
    /// `unchanged_since` are left alone, and so are flags that these rights do not cover.
    pub(crate) async fn change_flags(
        &self,
        mailbox: MailboxId,
        uids: Vec<Uid>,
        change: FlagChange,
        flags: Flags,
        rights: Rights,
        unchanged: Option<Unchanged>,
    ) -> Result<FlagsChanged, StoreError> {
        let work = move |w: &mut Writing<'_>| {
            change_flags(w, mailbox, &uids, change, &flags, rights, unchanged.as_ref())
        };
        self.write_on_reserve(work).await
    }
}

fn change_flags(
    w: &mut Writing<'_>,
    mailbox: MailboxId,
    uids: &[Uid],
    change: FlagChange,
    flags: &Flags,
    rights: Rights,
    unchanged: Option<&Unchanged>,
) -> Result<FlagsChanged, StoreError> {
    mailboxes::by_id(w.sql, mailbox)?;
    let mut modseq = None;
    let mut after = Listing::default();
    let mut modified = Vec::new();
    for uid in uids {
        let Some(mut message) = find(w.sql, mailbox, *uid)? else {
            continue;
        };
        if unchanged.is_some_and(|unchanged| unchanged.stops(&message, change, flags)) {
            modified.push(*uid);
            after.push(message.uid, &message.flags, message.modseq);
            continue;
        }
        let changed = change.applied(&message.flags, flags, rights);
        if changed != message.flags {
            if changed.is_too_long() && change != FlagChange::Remove {
                return Err(StoreError::TooMany);
            }
            let seen = changed.has(SystemFlag::Seen) != message.flags.has(SystemFlag::Seen);
            message.flags = changed;
            // One command is one change: all its messages share the sequence.
            message.modseq = match modseq {
                Some(modseq) => modseq,
                None => *modseq.insert(next_modseq(w, mailbox, Happened::FLAGS)?),
            };
            update_flags(w.sql, mailbox, &message)?;
            if seen {
                w.touch(mailbox, message.modseq, Happened::SEEN);
            }
        }
        after.push(message.uid, &message.flags, message.modseq);
    }
    Ok(FlagsChanged { after, modified, modseq })
}

fn update_flags(sql: &Connection, mailbox: MailboxId, message: &Message) -> Result<(), StoreError> {
    let (system, keywords) = message.flags.to_columns();
    sql.prepare_cached(
        "UPDATE messages SET flags = ?3, keywords = ?4, modseq = ?5
         WHERE mailbox = ?1 AND uid = ?2",
    )?
    .execute(params![mailbox, message.uid, system, keywords, message.modseq])?;
    Ok(())
}
