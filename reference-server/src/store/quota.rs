//! How much an account may keep (RFC 9208), held to inside the writer's jobs, so that no two
//! sessions together get past a limit.

use rusqlite::{Connection, params};

use super::ids::AccountId;
use super::schema::add_column;
use super::writer::Writing;
use super::{Store, StoreError};

/// Limits of an account; what is `None` is not limited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quota {
    /// Octets of all messages together, in units of 1024.
    pub storage: Option<u64>,
    /// Messages in all mailboxes together.
    pub messages: Option<u64>,
    /// Mailboxes, INBOX among them.
    pub mailboxes: Option<u64>,
}

/// What an account has of that which is limited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Octets of all messages, in units of 1024, rounded up.
    pub(crate) storage: u64,
    /// Messages.
    pub(crate) messages: u64,
    /// Mailboxes.
    pub(crate) mailboxes: u64,
}

/// Is a job held to the quota?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// It is.
    Yes,
    /// It may go beyond: for a deviation.
    No,
}

impl Store {
    /// The limits of the account, and what it has.
    pub(crate) async fn quota(&self, account: AccountId) -> Result<(Quota, Usage), StoreError> {
        self.read(move |sql| Ok((limits(sql, account)?, usage(sql, account)?))).await
    }

    /// Sets all limits of the account, also below what it has: then nothing is added until it has
    /// less.
    pub(crate) async fn set_quota(&self, account: AccountId, quota: Quota) -> Result<(), StoreError> {
        let set = self
            .write_on_reserve(move |w| {
                let column = |limit: Option<u64>| limit.map(|limit| i64::try_from(limit).unwrap_or(i64::MAX));
                w.sql
                    .prepare_cached(
                        "UPDATE accounts SET quota_storage = ?2, quota_messages = ?3, quota_mailboxes = ?4
                     WHERE id = ?1",
                    )?
                    .execute(params![
                        account,
                        column(quota.storage),
                        column(quota.messages),
                        column(quota.mailboxes)
                    ])?;
                Ok(())
            })
            .await;
        self.inner.accounts.forget();
        set
    }

    /// Is there no room in the account for one more message, however small?
    pub(crate) async fn is_full(&self, account: AccountId) -> Result<bool, StoreError> {
        self.read(move |sql| {
            let quota = limits(sql, account)?;
            if quota == Quota::default() {
                return Ok(false);
            }
            let used = usage(sql, account)?;
            let reached = |used: u64, limit: Option<u64>| limit.is_some_and(|limit| used >= limit);
            Ok(reached(used.storage, quota.storage) || reached(used.messages, quota.messages))
        })
        .await
    }
}

/// Brings older databases up to date.
pub(super) fn add_columns(sql: &Connection) -> Result<(), StoreError> {
    for column in ["quota_storage INTEGER", "quota_messages INTEGER", "quota_mailboxes INTEGER"] {
        add_column(sql, "accounts", column)?;
    }
    Ok(())
}

/// Does work that may add to the account, and fails where the account has more afterwards than
/// before and more than it may have: then nothing of the work is kept. What makes an overfull account
/// smaller is never refused.
pub(super) fn within<T>(
    w: &mut Writing<'_>,
    account: AccountId,
    work: impl FnOnce(&mut Writing<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let quota = limits(w.sql, account)?;
    if quota == Quota::default() {
        return work(w);
    }
    let before = usage(w.sql, account)?;
    let done = work(w)?;
    let after = usage(w.sql, account)?;
    let beyond = |before: u64, after: u64, limit: Option<u64>| {
        limit.is_some_and(|limit| after > limit && after > before)
    };
    if beyond(before.storage, after.storage, quota.storage)
        || beyond(before.messages, after.messages, quota.messages)
        || beyond(before.mailboxes, after.mailboxes, quota.mailboxes)
    {
        return Err(StoreError::OverQuota);
    }
    Ok(done)
}

fn limits(sql: &Connection, account: AccountId) -> Result<Quota, StoreError> {
    let mut query = sql.prepare_cached(
        "SELECT quota_storage, quota_messages, quota_mailboxes FROM accounts WHERE id = ?1",
    )?;
    let limit = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok());
    Ok(query.query_row([account], |row| {
        Ok(Quota { storage: limit(row.get(0)?), messages: limit(row.get(1)?), mailboxes: limit(row.get(2)?) })
    })?)
}

fn usage(sql: &Connection, account: AccountId) -> Result<Usage, StoreError> {
    let count = |value: i64| u64::try_from(value).unwrap_or(0);
    let (messages, octets) = sql
        .prepare_cached(
            "SELECT count(*), coalesce(sum(octets), 0) FROM messages
             WHERE mailbox IN (SELECT id FROM mailboxes WHERE account = ?1)",
        )?
        .query_row([account], |row| Ok((count(row.get(0)?), count(row.get(1)?))))?;
    let mailboxes = sql
        .prepare_cached("SELECT count(*) FROM mailboxes WHERE account = ?1 AND selectable")?
        .query_row([account], |row| Ok(count(row.get(0)?)))?;
    Ok(Usage { storage: octets.div_ceil(1024), messages, mailboxes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{AnswerTiming, MailboxName, Named, NewMessage, ScramKeys, Storage, StoredSecret};

    #[tokio::test]
    async fn no_number_of_sessions_gets_past_a_limit_together() {
        let store = Store::open(&Storage::Memory, AnswerTiming::AfterCommit).unwrap();
        let keys = ScramKeys { salt: vec![], iterations: 1, stored_key: vec![], server_key: vec![] };
        let secret = StoredSecret { sha256: keys.clone(), sha1: keys, password: None };
        let account = store.put_account("alice@example.test", secret).await.unwrap().id;
        store.set_quota(account, Quota { messages: Some(3), ..Quota::default() }).await.unwrap();
        let inbox = MailboxName::inbox();
        let mut sessions = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let (store, inbox) = (store.clone(), inbox.clone());
            sessions.spawn(async move {
                store.append(&Named::own(account, &inbox), vec![NewMessage::received(&b"A: b\r\n"[..])]).await
            });
        }
        let outcomes = sessions.join_all().await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 3);
        assert!(
            outcomes.iter().all(|outcome| !matches!(outcome, Err(error) if *error != StoreError::OverQuota))
        );
        let (_, usage) = store.quota(account).await.unwrap();
        assert_eq!(usage, Usage { storage: 1, messages: 3, mailboxes: 1 });
        assert_eq!(store.is_full(account).await, Ok(true));
    }
}
