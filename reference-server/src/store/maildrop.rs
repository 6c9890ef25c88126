//! Maildrops, as POP3 calls an INBOX: what is in one, and the exclusive lock on it (RFC
//! 1939, section 4), one POP3 session an account. The lock lives in memory, since sessions
//! end with the process.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Row, params};
use time::OffsetDateTime;

use super::ids::{AccountId, BodyId, MailboxId, Octets, Uid, UidValidity};
use super::messages::Which;
use super::name::MailboxName;
use super::{Store, StoreError, mailboxes};

/// What is in a maildrop, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MaildropContents {
    /// The INBOX that it is.
    pub(crate) mailbox: MailboxId,
    /// Its UIDVALIDITY.
    pub(crate) uid_validity: UidValidity,
    /// Its messages, in ascending order of UID.
    pub(crate) messages: Vec<MaildropMessage>,
}

/// One message of a maildrop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MaildropMessage {
    /// Its unique identifier.
    pub(crate) uid: Uid,
    /// Where its octets are.
    pub(crate) body: BodyId,
    /// How many octets they are.
    pub(crate) octets: Octets,
    /// How they end.
    pub(crate) last_line: LastLine,
}

/// How a message ends; one that was appended by IMAP need not end like a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LastLine {
    /// With CRLF, or there is no line at all.
    Complete,
    /// Otherwise.
    Cut,
}

impl LastLine {
    /// How these octets end.
    pub(crate) fn of(content: &[u8]) -> Self {
        if content.is_empty() || content.ends_with(b"\r\n") { Self::Complete } else { Self::Cut }
    }
}

impl Store {
    /// What is in the maildrop of an account. Reads no body.
    pub(crate) async fn maildrop(&self, account: AccountId) -> Result<MaildropContents, StoreError> {
        self.read(move |sql| {
            let inbox = mailboxes::selectable(sql, account, &MailboxName::inbox())?;
            let mut query = sql.prepare_cached(
                "SELECT uid, body, octets, cut FROM messages JOIN bodies ON bodies.id = body
                 WHERE mailbox = ?1 ORDER BY uid",
            )?;
            let rows = query.query_map([inbox.id], message_of)?;
            Ok(MaildropContents {
                mailbox: inbox.id,
                uid_validity: inbox.uid_validity,
                messages: rows.collect::<Result<_, _>>()?,
            })
        })
        .await
    }
}

impl Store {
    /// Removes what came into the maildrop of an account before `horizon`.
    pub(crate) async fn expire(&self, account: AccountId, horizon: OffsetDateTime) -> Result<(), StoreError> {
        let old = self
            .read(move |sql| {
                let inbox = mailboxes::selectable(sql, account, &MailboxName::inbox())?;
                let mut query =
                    sql.prepare_cached("SELECT uid FROM messages WHERE mailbox = ?1 AND saved <= ?2")?;
                let rows = query.query_map(params![inbox.id, horizon.unix_timestamp()], |row| row.get(0))?;
                Ok((inbox.id, rows.collect::<Result<Vec<Uid>, _>>()?))
            })
            .await?;
        match old {
            (_, uids) if uids.is_empty() => Ok(()),
            (inbox, uids) => self.expunge(inbox, Which::These(uids)).await.map(|_| ()),
        }
    }
}

fn message_of(row: &Row<'_>) -> rusqlite::Result<MaildropMessage> {
    Ok(MaildropMessage {
        uid: row.get(0)?,
        body: row.get(1)?,
        octets: row.get(2)?,
        last_line: if row.get(3)? { LastLine::Cut } else { LastLine::Complete },
    })
}

type Locked = Arc<Mutex<HashSet<AccountId>>>;

/// Which maildrops are locked.
#[derive(Debug, Default)]
pub(super) struct Maildrops {
    locked: Locked,
}

impl Maildrops {
    /// Takes the lock, or `None` while another session holds it.
    pub(super) fn lock(&self, account: AccountId) -> Option<MaildropLock> {
        let mut locked = self.locked.lock().unwrap_or_else(PoisonError::into_inner);
        locked.insert(account).then(|| MaildropLock { account, locked: Arc::clone(&self.locked) })
    }
}

/// The lock of one maildrop; dropping it opens the maildrop to the next session.
#[derive(Debug)]
pub(crate) struct MaildropLock {
    account: AccountId,
    locked: Locked,
}

impl Drop for MaildropLock {
    fn drop(&mut self) {
        let mut locked = self.locked.lock().unwrap_or_else(PoisonError::into_inner);
        locked.remove(&self.account);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{AnswerTiming, NewMessage, ScramKeys, Storage, StoredSecret};

    #[tokio::test]
    async fn a_maildrop_tells_how_its_messages_end() {
        let store = Store::open(&Storage::Memory, AnswerTiming::AfterCommit).unwrap();
        let keys = ScramKeys { salt: vec![], iterations: 1, stored_key: vec![], server_key: vec![] };
        let secret = StoredSecret { sha256: keys.clone(), sha1: keys, password: None };
        let account = store.put_account("alice@example.test", secret).await.unwrap().id;
        for content in [&b"A: b\r\n"[..], b"A: b\n", b""] {
            store.deliver(vec![account], NewMessage::received(content)).await.unwrap();
        }
        let contents = store.maildrop(account).await.unwrap();
        let ends: Vec<_> = contents.messages.iter().map(|m| (m.octets.0, m.last_line)).collect();
        assert_eq!(ends, [(6, LastLine::Complete), (5, LastLine::Cut), (0, LastLine::Complete)]);
    }

    #[test]
    fn one_session_at_a_time() {
        let drops = Maildrops::default();
        let first = drops.lock(AccountId(1));
        assert!(first.is_some());
        assert!(drops.lock(AccountId(1)).is_none());
        assert!(drops.lock(AccountId(2)).is_some());
        drop(first);
        assert!(drops.lock(AccountId(1)).is_some());
    }
}
