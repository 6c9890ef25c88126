//! What a session sees of a mailbox: all of it when it selects, and what changed since.

use rusqlite::{Connection, params};

use super::ids::{AccountId, MailboxId, ModSeq, Uid};
use super::mailboxes::{self, Mailbox};
use super::messages::{self, Message};
use super::name::MailboxName;
use super::{Store, StoreError};

/// How a mailbox is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// SELECT: the first such session is told that messages are recent, and no other.
    ReadWrite,
    /// EXAMINE, and POP3: nothing changes by looking.
    ReadOnly,
}

/// A mailbox with all its messages, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot {
    /// The mailbox. Messages with a UID of at least `recent_from` are recent to this session.
    pub(crate) mailbox: Mailbox,
    /// Its messages, in ascending order of UID.
    pub(crate) messages: Vec<Message>,
}

/// What happened to a mailbox after some modification sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changes {
    /// The mailbox as it is now. New messages with a UID of at least `recent_from` are
    /// recent to this session.
    pub(crate) mailbox: Mailbox,
    /// New and changed messages, in ascending order of UID.
    pub(crate) changed: Vec<Message>,
    /// Expunged messages, in ascending order; some may be unknown to the session.
    pub(crate) vanished: Vec<Uid>,
}

impl Store {
    /// Opens a mailbox: its messages, and which of them are recent to this session.
    pub(crate) async fn open_mailbox(
        &self,
        account: AccountId,
        name: &MailboxName,
        access: Access,
    ) -> Result<Snapshot, StoreError> {
        let name = name.clone();
        let mut snapshot = self
            .read(move |sql| {
                let mailbox = mailboxes::selectable(sql, account, &name)?;
                let messages = messages_since(sql, mailbox.id, ModSeq(0))?;
                Ok(Snapshot { mailbox, messages })
            })
            .await?;
        self.claim(&mut snapshot.mailbox, access).await?;
        Ok(snapshot)
    }

    /// What changed after `since`, and which of the new messages are recent to this session.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMailbox`] when the mailbox has been deleted meanwhile.
    pub(crate) async fn changes(
        &self,
        mailbox: MailboxId,
        since: ModSeq,
        access: Access,
    ) -> Result<Changes, StoreError> {
        let mut changes = self
            .read(move |sql| {
                let mailbox = mailboxes::by_id(sql, mailbox)?;
                if mailbox.highest_modseq <= since {
                    return Ok(Changes { mailbox, changed: Vec::new(), vanished: Vec::new() });
                }
                Ok(Changes {
                    changed: messages_since(sql, mailbox.id, since)?,
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
            .write(move |w| {
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

fn messages_since(sql: &Connection, mailbox: MailboxId, since: ModSeq) -> Result<Vec<Message>, StoreError> {
    let mut query = sql.prepare_cached(&format!(
        "SELECT {} FROM messages WHERE mailbox = ?1 AND modseq > ?2 ORDER BY uid",
        messages::COLUMNS
    ))?;
    let rows = query.query_map(params![mailbox, since], messages::message_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn vanished_since(sql: &Connection, mailbox: MailboxId, since: ModSeq) -> Result<Vec<Uid>, StoreError> {
    let mut query =
        sql.prepare_cached("SELECT uid FROM expunged WHERE mailbox = ?1 AND modseq > ?2 ORDER BY uid")?;
    let rows = query.query_map(params![mailbox, since], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
