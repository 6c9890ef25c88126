//! The outgoing queue seen from outside of the server, also while that runs: listed, tried
//! again, held, dropped. The way of `mailspec queue`.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, params};

use super::StoreError;
use super::schema::DATABASE;

/// How long to wait for the running server to finish a commit.
const PATIENCE: Duration = Duration::from_secs(10);

/// A message that waits, with one line for each of its recipients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its number.
    pub id: i64,
    /// The return path; `None` is the null reverse-path.
    pub sender: Option<String>,
    /// When it arrived, in milliseconds since 1970.
    pub arrived: i64,
    /// Is it held back?
    pub held: bool,
    /// Before when it is not sent, as its sender wished (RFC 4865), in milliseconds since 1970.
    pub held_until: Option<i64>,
    /// How urgent it is, from -9 to 9 (RFC 6710).
    pub priority: Option<i64>,
    /// Its size in octets.
    pub octets: i64,
    /// Who has not got it yet.
    pub recipients: Vec<WaitingRecipient>,
}

/// A recipient that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingRecipient {
    /// The address.
    pub address: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next, in milliseconds since 1970.
    pub next_attempt: i64,
    /// Why the latest attempt failed.
    pub reason: Option<String>,
}

/// Which messages are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen {
    /// All of them.
    All,
    /// The one with this number.
    One(i64),
}

/// The queue of a server's directory.
#[derive(Debug)]
pub struct Spool {
    sql: Connection,
}

/// Why the queue could not be read or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpoolError(String);

impl std::fmt::Display for SpoolError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SpoolError {}

impl From<rusqlite::Error> for SpoolError {
    fn from(error: rusqlite::Error) -> Self {
        Self(StoreError::from(error).to_string())
    }
}

impl Spool {
    /// Opens the queue of a directory in which a server keeps or kept its mail.
    ///
    /// # Errors
    /// There is no such store, or it cannot be opened.
    pub fn open(directory: &Path) -> Result<Self, SpoolError> {
        let path = directory.join(DATABASE);
        if !path.is_file() {
            return Err(SpoolError(format!("{}: no server keeps its mail there", directory.display())));
        }
        let sql = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        sql.busy_timeout(PATIENCE)?;
        sql.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")?;
        Ok(Self { sql })
    }

    /// What waits, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn list(&self) -> Result<Vec<Waiting>, SpoolError> {
        let mut statement = self.sql.prepare(
            "SELECT q.id, sender, arrived, held, length(b.content) + tail, hold_until, priority
             FROM queue_messages q JOIN bodies b ON b.id = body ORDER BY q.id",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(Waiting {
                id: row.get(0)?,
                sender: row.get(1)?,
                arrived: row.get(2)?,
                held: row.get(3)?,
                octets: row.get(4)?,
                held_until: row.get(5)?,
                priority: row.get(6)?,
                recipients: Vec::new(),
            })
        })?;
        let mut all: Vec<Waiting> = rows.collect::<Result<_, _>>()?;
        for message in &mut all {
            message.recipients = self.recipients(message.id)?;
        }
        Ok(all)
    }

    fn recipients(&self, message: i64) -> Result<Vec<WaitingRecipient>, SpoolError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT address, attempts, next_attempt, reason FROM queue_recipients
             WHERE message = ?1 ORDER BY position",
        )?;
        let rows = statement.query_map([message], |row| {
            Ok(WaitingRecipient {
                address: row.get(0)?,
                attempts: row.get(1)?,
                next_attempt: row.get(2)?,
                reason: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Makes messages due now, also those that are held; gives how many.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn retry(&self, chosen: Chosen) -> Result<usize, SpoolError> {
        self.sql.execute(
            "UPDATE queue_recipients SET next_attempt = 0 WHERE ?1 IS NULL OR message = ?1",
            params![chosen.id()],
        )?;
        self.change("UPDATE queue_messages SET held = 0 WHERE ?1 IS NULL OR id = ?1", chosen)
    }

    /// Keeps messages back until they are retried; gives how many.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn hold(&self, chosen: Chosen) -> Result<usize, SpoolError> {
        self.change("UPDATE queue_messages SET held = 1 WHERE ?1 IS NULL OR id = ?1", chosen)
    }

    /// Removes messages, and tells nobody; gives how many.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn remove(&self, chosen: Chosen) -> Result<usize, SpoolError> {
        self.change("DELETE FROM queue_messages WHERE ?1 IS NULL OR id = ?1", chosen)
    }

    fn change(&self, statement: &str, chosen: Chosen) -> Result<usize, SpoolError> {
        Ok(self.sql.execute(statement, params![chosen.id()])?)
    }
}

impl Chosen {
    fn id(self) -> Option<i64> {
        match self {
            Self::All => None,
            Self::One(id) => Some(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{AnswerTiming, Envelope, NewQueued, Notify, Remote, Storage, Store};

    #[tokio::test]
    async fn the_queue_of_a_running_server_is_listed_held_retried_and_emptied() {
        let directory = tempfile::tempdir().unwrap();
        assert!(Spool::open(directory.path()).is_err(), "nothing there yet");
        let storage = Storage::Directory(directory.path().to_owned());
        let store = Store::open(&storage, AnswerTiming::AfterCommit).unwrap();
        for name in ["x", "y"] {
            let remote = Remote {
                address: format!("{name}@far.test"),
                domain: "far.test".to_owned(),
                notify: Notify::default(),
                original: None,
            };
            let queued = NewQueued {
                envelope: Envelope::default(),
                recipients: vec![remote],
                content: (&b"x\r\n"[..]).into(),
                arrived: 5000,
            };
            store.accept(vec![], None, Some(queued), vec![]).await.unwrap();
        }
        let spool = Spool::open(directory.path()).unwrap();
        let all = spool.list().unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].octets, all[0].recipients[0].address.as_str()), (3, "x@far.test"));
        assert_eq!(spool.hold(Chosen::One(all[0].id)), Ok(1));
        assert_eq!(store.queue_due(5000, 10).await.unwrap().len(), 1);
        assert_eq!(spool.retry(Chosen::All), Ok(2));
        assert_eq!(store.queue_due(0, 10).await.unwrap().len(), 2);
        assert_eq!(spool.remove(Chosen::One(all[1].id)), Ok(1));
        assert_eq!(spool.remove(Chosen::One(999)), Ok(0));
        assert_eq!(store.queue_due(0, 10).await.unwrap().len(), 1);
        store.close().await;
    }
}
