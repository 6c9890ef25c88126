//! Copies: COPY, MOVE, and what RENAME makes of INBOX. They share the bodies of what they were made of.

use super::expunging::{going, remove_row};
use super::putting::{insert_row, make_room};
use super::{Which, find, next_modseq};
use crate::store::happened::Happened;
use crate::store::ids::{MailboxId, ModSeq, Uid, UidValidity};
use crate::store::mailboxes::{self, Mailbox};
use crate::store::named::Named;
use crate::store::quota::{self, Counted};
use crate::store::rights::Rights;
use crate::store::writer::Writing;
use crate::store::{Store, StoreError};

/// How many messages are moved in one job.
const MOVED_IN_A_JOB: usize = 500;

/// What COPY did, as COPYUID tells it (RFC 4315, section 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Copied {
    /// The mailbox copied to.
    pub(crate) mailbox: MailboxId,
    /// The UIDVALIDITY of the mailbox copied to, where the user may look into it.
    pub(crate) uid_validity: Option<UidValidity>,
    /// Each message's UID here and there, in ascending order.
    pub(crate) pairs: Vec<(Uid, Uid)>,
}

/// What MOVE did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moved {
    /// What went where.
    pub(crate) copied: Copied,
    /// The modification sequence of the last message's going.
    pub(crate) modseq: ModSeq,
    /// Why no more was moved, where there was more.
    pub(crate) stopped: Option<StoreError>,
}

/// What if one of the messages to copy has been expunged?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Then none is copied (RFC 2180, section 4.4).
    Refused,
    /// It is passed over.
    PassedOver,
}

impl Missing {
    fn outcome(self) -> Result<(), StoreError> {
        match self {
            Self::Refused => Err(StoreError::NoSuchMessage),
            Self::PassedOver => Ok(()),
        }
    }
}

/// Whether messages that are moved leave their mailbox; a deviation can have them stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaves {
    /// They do.
    Yes,
    /// They stay.
    No,
}

impl Store {
    /// Copies messages with their flags and internal dates: all of them, or none (RFC 3501, section
    /// 6.4.7). No body is copied. The UIDs come in ascending order.
    pub(crate) async fn copy(
        &self,
        from: MailboxId,
        uids: Vec<Uid>,
        to: &Named,
        missing: Missing,
        counted: Counted,
    ) -> Result<Copied, StoreError> {
        let (to, owner) = (to.clone(), to.owner);
        let work = move |w: &mut Writing<'_>| copy_some(w, from, uids, &to, None, missing);
        match counted {
            Counted::Yes => self.write(move |w| quota::within(w, owner, work)).await,
            Counted::No => self.write(work).await,
        }
    }

    /// Moves messages with their flags and internal dates. Nobody ever sees one of them in both mailboxes,
    /// or in neither. Where they are many this takes several jobs, so that others wait for no more than one
    /// of them; one that fails leaves its own messages and all behind them where they were (RFC 6851,
    /// section 3.3). The UIDs come in ascending order.
    ///
    /// # Errors
    /// Nothing was moved.
    pub(crate) async fn move_messages(
        &self,
        from: MailboxId,
        uids: Vec<Uid>,
        to: &Named,
        missing: Missing,
        leaves: Leaves,
    ) -> Result<Moved, StoreError> {
        let mut all: Option<Moved> = None;
        for some in uids.chunks(MOVED_IN_A_JOB) {
            let (to, some) = (to.clone(), some.to_vec());
            let known = all.as_ref().map(|all| all.copied.mailbox);
            let moved = self
                .write(move |w| {
                    let owner = to.owner;
                    quota::within(w, owner, |w| move_some(w, from, some, &to, known, missing, leaves))
                })
                .await;
            match (&mut all, moved) {
                (None, moved) => all = Some(moved?),
                (Some(all), Ok(moved)) => {
                    all.copied.pairs.extend(moved.copied.pairs);
                    all.modseq = moved.modseq;
                }
                (Some(all), Err(error)) => {
                    all.stopped = Some(error);
                    break;
                }
            }
        }
        all.ok_or(StoreError::NoSuchMessage)
    }
}

/// Copies messages, into the mailbox that is known where one is: another of its name is another one.
fn copy_some(
    w: &mut Writing<'_>,
    from: MailboxId,
    uids: Vec<Uid>,
    to: &Named,
    known: Option<MailboxId>,
    missing: Missing,
) -> Result<Copied, StoreError> {
    mailboxes::by_id(w.sql, from)?;
    let (target, rights) = mailboxes::open(w.sql, to, Rights::INSERT)?;
    if known.is_some_and(|known| known != target.id) {
        return Err(StoreError::NoSuchMailbox);
    }
    let mut pairs = Vec::with_capacity(uids.len());
    let mut room = make_room(w, target.id, uids.len())?;
    for uid in uids {
        let Some(mut message) = find(w.sql, from, uid)? else {
            missing.outcome()?;
            continue;
        };
        message.flags = rights.of_flags(&message.flags);
        pairs.push((uid, insert_row(w, target.id, &mut room, &message)?));
    }
    let uid_validity = rights.has(Rights::READ).then_some(target.uid_validity);
    Ok(Copied { mailbox: target.id, uid_validity, pairs })
}

/// The same for messages that leave their mailbox.
fn move_some(
    w: &mut Writing<'_>,
    from: MailboxId,
    uids: Vec<Uid>,
    to: &Named,
    known: Option<MailboxId>,
    missing: Missing,
    leaves: Leaves,
) -> Result<Moved, StoreError> {
    let copied = copy_some(w, from, uids, to, known, missing)?;
    let modseq = next_modseq(w, from, Happened::EXPUNGED)?;
    for (uid, _) in copied.pairs.iter().filter(|_| leaves == Leaves::Yes) {
        remove_row(w.sql, from, *uid, modseq)?;
    }
    Ok(Moved { copied, modseq, stopped: None })
}

/// Moves all messages into another mailbox, where they get new UIDs.
pub(in crate::store) fn move_all(
    w: &mut Writing<'_>,
    from: &Mailbox,
    to: &Mailbox,
) -> Result<(), StoreError> {
    let going = going(w.sql, from.id, &Which::All, None, usize::MAX)?;
    if going.is_empty() {
        return Ok(());
    }
    let mut room = make_room(w, to.id, going.len())?;
    let modseq = next_modseq(w, from.id, Happened::EXPUNGED)?;
    for going in going {
        if let Some(message) = find(w.sql, from.id, going.uid)? {
            insert_row(w, to.id, &mut room, &message)?;
            remove_row(w.sql, from.id, going.uid, modseq)?;
        }
    }
    Ok(())
}
