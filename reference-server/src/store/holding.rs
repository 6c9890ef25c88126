//! Bodies that somebody is reading piece by piece are held: an expunge takes the message away at
//! once, and its octets only when the last reader has done (RFC 2180, section 4.1.1, in small: for
//! as long as one answer takes). All of it is the writer's affair, so that an expunge is either before
//! the reader, who then finds no message, or behind, and leaves the octets.

use std::sync::atomic::Ordering;

use rusqlite::{Connection, params};

use super::ids::BodyId;
use super::{Store, StoreError};

/// Bodies of which all messages are gone, and which are read still; a start sweeps them.
pub(super) const TABLES: &str = "CREATE TABLE IF NOT EXISTS left_bodies (body INTEGER PRIMARY KEY) STRICT;";

/// Who reads what, for as long as the process lives.
pub(super) const OF_THE_PROCESS: &str = "
PRAGMA temp_store = MEMORY;
CREATE TEMP TABLE IF NOT EXISTS holds (id INTEGER PRIMARY KEY, body INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS temp.holds_by_body ON holds (body);
";

/// A body that stays while this lives.
pub(crate) struct BodyHold {
    store: Store,
    id: i64,
    body: BodyId,
}

impl std::fmt::Debug for BodyHold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BodyHold").field("body", &self.body).finish_non_exhaustive()
    }
}

impl Store {
    /// Holds a body.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMessage`] when every message with this body is expunged.
    pub(crate) async fn hold(&self, body: BodyId) -> Result<BodyHold, StoreError> {
        // Whatever becomes of this future, what it has entered is taken out again.
        let id = self.inner.next_hold.fetch_add(1, Ordering::Relaxed);
        let hold = BodyHold { store: self.clone(), id, body };
        self.write_on_reserve(move |w| {
            let there = w.sql.prepare_cached("SELECT 1 FROM bodies WHERE id = ?1")?.exists([body])?;
            if !there {
                return Err(StoreError::NoSuchMessage);
            }
            w.sql.prepare_cached("INSERT INTO temp.holds VALUES (?1, ?2)")?.execute(params![id, body])?;
            Ok(())
        })
        .await?;
        Ok(hold)
    }
}

impl Drop for BodyHold {
    fn drop(&mut self) {
        let (store, id, body) = (self.store.clone(), self.id, self.body);
        // Without a runtime the server has ended; the next start sweeps.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { store.write_on_reserve(move |w| release(w.sql, id, body)).await });
        }
    }
}

fn release(sql: &Connection, id: i64, body: BodyId) -> Result<(), StoreError> {
    sql.prepare_cached("DELETE FROM temp.holds WHERE id = ?1")?.execute([id])?;
    let left = sql.prepare_cached("SELECT 1 FROM left_bodies WHERE body = ?1")?.exists([body])?;
    if left && !is_held(sql, body)? {
        sql.prepare_cached("DELETE FROM left_bodies WHERE body = ?1")?.execute([body])?;
        let_go(sql, body)?;
    }
    Ok(())
}

fn is_held(sql: &Connection, body: BodyId) -> Result<bool, StoreError> {
    Ok(sql.prepare_cached("SELECT 1 FROM temp.holds WHERE body = ?1 LIMIT 1")?.exists([body])?)
}

/// Removes a body that no message has any more, once nobody reads it.
pub(super) fn let_go(sql: &Connection, body: BodyId) -> Result<(), StoreError> {
    let used = sql.prepare_cached("SELECT 1 FROM messages WHERE body = ?1 LIMIT 1")?.exists([body])?;
    if used {
        return Ok(());
    }
    if is_held(sql, body)? {
        sql.prepare_cached("INSERT OR IGNORE INTO left_bodies VALUES (?1)")?.execute([body])?;
        return Ok(());
    }
    sql.prepare_cached("DELETE FROM bodies WHERE id = ?1")?.execute([body])?;
    Ok(())
}

/// Removes what was being read when the process ended.
pub(super) fn sweep(sql: &Connection) -> Result<(), StoreError> {
    let mut query = sql.prepare("SELECT body FROM left_bodies")?;
    let left: Vec<BodyId> = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    sql.execute("DELETE FROM left_bodies", [])?;
    left.into_iter().try_for_each(|body| let_go(sql, body))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{inbox, memory};
    use super::*;
    use crate::store::{NewMessage, Which};

    #[tokio::test]
    async fn a_body_that_is_read_stays_until_the_last_reader_has_done() {
        let (store, account) = memory().await;
        store.deliver(vec![account], NewMessage::received(&b"A: b\r\n"[..])).await.unwrap();
        let opened = inbox(&store, account).await;
        let body = opened.messages[0].body;
        let (one, two) = (store.hold(body).await.unwrap(), store.hold(body).await.unwrap());
        store.expunge(opened.mailbox.id, Which::All).await.unwrap();
        assert!(inbox(&store, account).await.messages.is_empty());
        drop(one);
        tokio::task::yield_now().await;
        assert_eq!(&*store.body(body).await.unwrap(), b"A: b\r\n");
        drop(two);
        tokio::task::yield_now().await;
        // A job behind the one that lets it go.
        assert_eq!(store.hold(body).await.unwrap_err(), StoreError::NoSuchMessage);
        assert_eq!(store.body(body).await, Err(StoreError::NoSuchMessage));
    }

    #[tokio::test]
    async fn a_start_sweeps_what_was_being_read() {
        let directory = tempfile::tempdir().unwrap();
        let storage = crate::store::Storage::Directory(directory.path().to_owned());
        let open = || Store::open(&storage, crate::store::AnswerTiming::AfterCommit).unwrap();
        let store = open();
        let keys =
            crate::store::ScramKeys { salt: vec![], iterations: 1, stored_key: vec![], server_key: vec![] };
        let secret = crate::store::StoredSecret { sha256: keys.clone(), sha1: keys, password: None };
        let account = store.put_account("alice@example.test", secret).await.unwrap().id;
        store.deliver(vec![account], NewMessage::received(&b"A: b\r\n"[..])).await.unwrap();
        let opened = inbox(&store, account).await;
        let body = opened.messages[0].body;
        let hold = store.hold(body).await.unwrap();
        store.expunge(opened.mailbox.id, Which::All).await.unwrap();
        store.close().await;
        drop(hold);
        let store = open();
        assert_eq!(store.body(body).await, Err(StoreError::NoSuchMessage));
        store.close().await;
    }
}
