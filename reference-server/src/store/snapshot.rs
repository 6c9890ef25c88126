//! What a session sees of a mailbox: all of it when it selects, and what changed since.

use rusqlite::{Connection, params};

use super::acl;
use super::ids::{AccountId, MailboxId, ModSeq, Uid};
use super::listing::{Listed, Listing};
use super::mailboxes::{self, Mailbox};
use super::named::Named;
use super::rights::Rights;
use super::{Store, StoreError};

/// How a mailbox is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// SELECT: the first such session is told that messages are recent, and no other.
    ReadWrite,
    /// EXAMINE, and POP3: nothing changes by looking.
    ReadOnly,
}

impl Access {
    /// The same for somebody who may do no more than this: who can change nothing in a mailbox reads
    /// it only (RFC 4314, section 5.2).
    pub(crate) fn limited(self, rights: Rights) -> Self {
        let changes = Rights::INSERT.and(Rights::EXPUNGE).and(Rights::FLAGS);
        if rights.has_any(changes) { self } else { Self::ReadOnly }
    }
}

/// A mailbox with all its messages, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot {
    /// The mailbox. Messages with a UID of at least `recent_from` are recent to this session.
    pub(crate) mailbox: Mailbox,
    /// Its messages.
    pub(crate) listing: Listing,
    /// What the one who opened it may do.
    pub(crate) rights: Rights,
}

/// What happened to a mailbox after some modification sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changes {
    /// The mailbox as it is now. New messages with a UID of at least `recent_from` are
    /// recent to this session.
    pub(crate) mailbox: Mailbox,
    /// New and changed messages.
    pub(crate) changed: Listing,
    /// Expunged messages, in ascending order; some may be unknown to the session.
    pub(crate) vanished: Vec<Uid>,
    /// What the one who asks may do now.
    pub(crate) rights: Rights,
}

impl Store {
    /// Opens a mailbox, where the asker has these rights: its messages, and which of them are recent to
    /// this session.
    pub(crate) async fn open_mailbox(
        &self,
        named: &Named,
        access: Access,
        needed: Rights,
    ) -> Result<Snapshot, StoreError> {
        let named = named.clone();
        let mut snapshot = self
            .read(move |sql| {
                let (mailbox, rights) = mailboxes::open(sql, &named, needed)?;
                let listing = all(sql, mailbox.id)?;
                Ok(Snapshot { mailbox, listing, rights })
            })
            .await?;
        self.claim(&mut snapshot.mailbox, access.limited(snapshot.rights)).await?;
        Ok(snapshot)
    }

    /// What changed after `since`, and which of the new messages are recent to this session.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMailbox`] when the mailbox has been deleted meanwhile.
    pub(crate) async fn changes(
        &self,
        by: AccountId,
        mailbox: MailboxId,
        since: ModSeq,
        access: Access,
    ) -> Result<Changes, StoreError> {
        let mut changes = self
            .read(move |sql| {
                let mailbox = mailboxes::by_id(sql, mailbox)?;
                let rights = acl::held(sql, by, &mailbox)?;
                if mailbox.highest_modseq <= since {
                    let (changed, vanished) = (Listing::default(), Vec::new());
                    return Ok(Changes { mailbox, changed, vanished, rights });
                }
                Ok(Changes {
                    rights,
                    changed: since_then(sql, mailbox.id, since)?,
                    vanished: vanished_since(sql, mailbox.id, since)?,
                    mailbox,
                })
            })
            .await?;
        self.claim(&mut changes.mailbox, access).await?;
        Ok(changes)
    }

    /// The UIDs of messages that were expunged after `since`, in ascending order
    /// (RFC 7162, section 3.2.6). None of them is ever forgotten.
    pub(crate) async fn vanished(&self, mailbox: MailboxId, since: ModSeq) -> Result<Vec<Uid>, StoreError> {
        self.read(move |sql| vanished_since(sql, mailbox, since)).await
    }

    /// The messages up to `uid_next` are recent to whoever opens read-write first. The one
    /// writer decides who that is.
    async fn claim(&self, mailbox: &mut Mailbox, access: Access) -> Result<(), StoreError> {
        if access == Access::ReadOnly || mailbox.recent_from >= mailbox.uid_next {
            return Ok(());
        }
        let (id, up_to) = (mailbox.id, mailbox.uid_next);
        mailbox.recent_from = self
            .write_on_reserve(move |w| {
                let before: Uid = w
                    .sql
                    .prepare_cached("SELECT recent_from FROM mailboxes WHERE id = ?1")?
                    .query_row([id], |row| row.get(0))?;
                w.sql
                    .prepare_cached("UPDATE mailboxes SET recent_from = max(recent_from, ?2) WHERE id = ?1")?
                    .execute(params![id, up_to])?;
                Ok(before)
            })
            .await?;
        Ok(())
    }
}

fn all(sql: &Connection, mailbox: MailboxId) -> Result<Listing, StoreError> {
    listing(
        sql,
        "SELECT uid, modseq, flags, keywords FROM messages WHERE mailbox = ?1 ORDER BY uid",
        [mailbox],
    )
}

fn since_then(sql: &Connection, mailbox: MailboxId, since: ModSeq) -> Result<Listing, StoreError> {
    listing(
        sql,
        "SELECT uid, modseq, flags, keywords FROM messages WHERE mailbox = ?1 AND modseq > ?2 ORDER BY uid",
        params![mailbox, since],
    )
}

fn listing(sql: &Connection, query: &str, parameters: impl rusqlite::Params) -> Result<Listing, StoreError> {
    let mut listing = Listing::default();
    let mut query = sql.prepare_cached(query)?;
    let mut rows = query.query(parameters)?;
    while let Some(row) = rows.next()? {
        let keywords = row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?;
        let flags = listing.sets.id_of_columns(row.get(2)?, keywords);
        listing.messages.push(Listed { uid: row.get(0)?, flags, modseq: row.get(1)? });
    }
    Ok(listing)
}

fn vanished_since(sql: &Connection, mailbox: MailboxId, since: ModSeq) -> Result<Vec<Uid>, StoreError> {
    let mut query =
        sql.prepare_cached("SELECT uid FROM expunged WHERE mailbox = ?1 AND modseq > ?2 ORDER BY uid")?;
    let rows = query.query_map(params![mailbox, since], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
