//! Messages that go: which ones, and what goes with them. The UIDs of those that went are kept for clients
//! that come back.

use std::sync::Arc;

use rusqlite::{Connection, params};

use super::next_modseq;
use crate::store::happened::Happened;
use crate::store::holding;
use crate::store::ids::{BodyId, MailboxId, ModSeq, ThreadId, Uid};
use crate::store::mailboxes;
use crate::store::objects;
use crate::store::writer::Writing;
use crate::store::{Store, StoreError};

/// How many messages are expunged in one job.
const EXPUNGED_IN_A_JOB: usize = 1000;

/// Which messages are to be expunged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Which {
    /// All that carry `\Deleted` (EXPUNGE, CLOSE).
    Deleted,
    /// Those of these that carry `\Deleted` (UID EXPUNGE; RFC 4315, section 2.1).
    DeletedAmong(Vec<Uid>),
    /// These, whatever their flags (POP3).
    These(Vec<Uid>),
    /// Every message (the mailbox itself goes).
    All,
}

impl Which {
    /// With the UIDs in ascending order.
    fn in_order(mut self) -> Self {
        if let Self::DeletedAmong(uids) | Self::These(uids) = &mut self {
            uids.sort_unstable();
        }
        self
    }

    /// The UIDs among which the messages are, if it names some.
    fn among(&self) -> Option<&[Uid]> {
        match self {
            Self::DeletedAmong(uids) | Self::These(uids) => Some(uids),
            Self::Deleted | Self::All => None,
        }
    }
}

/// What an expunge did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expunged {
    /// The messages that went, in ascending order.
    pub(crate) uids: Vec<Uid>,
    /// The modification sequence of the expunge, or of the change before it where
    /// nothing went.
    pub(crate) modseq: ModSeq,
}

impl Store {
    /// Removes messages for good. Where they are many this takes several jobs, each with a change of
    /// its own, so that others wait for no more than one of them.
    pub(crate) async fn expunge(&self, mailbox: MailboxId, which: Which) -> Result<Expunged, StoreError> {
        let which = Arc::new(which.in_order());
        let mut all = Expunged { uids: Vec::new(), modseq: ModSeq(0) };
        loop {
            let (which, behind) = (Arc::clone(&which), all.uids.last().copied());
            let some = self.write_on_reserve(move |w| {
                mailboxes::by_id(w.sql, mailbox)?;
                expunge_some(w, mailbox, &which, behind, EXPUNGED_IN_A_JOB)
            });
            let some = some.await?;
            all.modseq = some.modseq;
            let is_last = some.uids.len() < EXPUNGED_IN_A_JOB;
            all.uids.extend(some.uids);
            if is_last {
                return Ok(all);
            }
        }
    }
}

/// Removes messages, and the bodies that no message holds any more.
pub(in crate::store) fn expunge(
    w: &mut Writing<'_>,
    mailbox: MailboxId,
    which: &Which,
) -> Result<Expunged, StoreError> {
    expunge_some(w, mailbox, which, None, usize::MAX)
}

/// At most `limit` of them, those with UIDs above `behind`.
fn expunge_some(
    w: &mut Writing<'_>,
    mailbox: MailboxId,
    which: &Which,
    behind: Option<Uid>,
    limit: usize,
) -> Result<Expunged, StoreError> {
    let going = going(w.sql, mailbox, which, behind, limit)?;
    if going.is_empty() {
        let modseq = w
            .sql
            .prepare_cached("SELECT highest_modseq FROM mailboxes WHERE id = ?1")?
            .query_row([mailbox], |row| row.get(0))?;
        return Ok(Expunged { uids: Vec::new(), modseq });
    }
    let modseq = next_modseq(w, mailbox, Happened::EXPUNGED)?;
    for gone in &going {
        remove_row(w.sql, mailbox, gone.uid, modseq)?;
        holding::let_go(w.sql, gone.body)?;
        if let Some(thread) = gone.thread {
            objects::forget_thread(w.sql, thread)?;
        }
    }
    Ok(Expunged { uids: going.into_iter().map(|gone| gone.uid).collect(), modseq })
}

pub(super) fn remove_row(
    sql: &Connection,
    mailbox: MailboxId,
    uid: Uid,
    modseq: ModSeq,
) -> Result<(), StoreError> {
    sql.prepare_cached("DELETE FROM messages WHERE mailbox = ?1 AND uid = ?2")?
        .execute(params![mailbox, uid])?;
    sql.prepare_cached("INSERT OR REPLACE INTO expunged VALUES (?1, ?2, ?3)")?
        .execute(params![mailbox, uid, modseq])?;
    Ok(())
}

/// A message that goes.
pub(super) struct Going {
    pub(super) uid: Uid,
    body: BodyId,
    thread: Option<ThreadId>,
}

/// The messages that an expunge is to remove, in ascending order: at most `limit` of those with UIDs
/// above `behind`. UIDs that are named stand in order.
pub(super) fn going(
    sql: &Connection,
    mailbox: MailboxId,
    which: &Which,
    behind: Option<Uid>,
    limit: usize,
) -> Result<Vec<Going>, StoreError> {
    let deleted_only = matches!(which, Which::Deleted | Which::DeletedAmong(_));
    let among = which.among();
    let mut query = sql.prepare_cached(
        "SELECT uid, body, thread FROM messages
         WHERE mailbox = ?1 AND uid > ?3 AND (flags & 4 <> 0 OR NOT ?2) ORDER BY uid",
    )?;
    let rows = query.query_map(params![mailbox, deleted_only, behind.unwrap_or(Uid(0))], |row| {
        Ok(Going { uid: row.get(0)?, body: row.get(1)?, thread: row.get(2)? })
    })?;
    let mut going = Vec::new();
    for row in rows {
        let row = row?;
        if among.is_none_or(|among| among.binary_search(&row.uid).is_ok()) {
            going.push(row);
        }
        if going.len() >= limit {
            break;
        }
    }
    Ok(going)
}
