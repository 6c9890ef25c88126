//! The outgoing queue seen from outside of the server, also while that runs: listed, tried
//! again, held, dropped. The way of `mailspec queue`. What is under way at the moment is neither
//! stopped nor removed: whether it arrives is already the other server's to say.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, params};

use super::LOCK;
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
    /// Is it being tried at the moment?
    pub under_way: bool,
    /// Was it being tried when the server was killed, and is no server running since? Then it may have
    /// arrived, and will be sent again (RFC 5321, section 6.1).
    pub interrupted: bool,
}

/// How many messages something was done to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    /// Those it was done to.
    pub changed: usize,
    /// Those that were chosen and are under way at the moment. Held or retried they are all the same, once
    /// the attempt is over and has failed; removed they are not.
    pub under_way: usize,
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
    /// The file that a running server has locked.
    lock: PathBuf,
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
        Ok(Self { sql, lock: directory.join(LOCK) })
    }

    /// Is a server running? Where none is, nothing is under way, whatever one that was killed has left.
    fn is_served(&self) -> bool {
        let Ok(file) = File::open(&self.lock) else { return false };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }

    /// What is chosen and under way.
    fn under_way(&self, chosen: Chosen) -> Result<usize, SpoolError> {
        let count: i64 = self.sql.query_row(
            "SELECT COUNT(DISTINCT message) FROM queue_recipients
             WHERE under_way AND (?1 IS NULL OR message = ?1)",
            params![chosen.id()],
            |row| row.get(0),
        )?;
        Ok(if count > 0 && self.is_served() { usize::try_from(count).unwrap_or(usize::MAX) } else { 0 })
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
        let served = self.is_served();
        let mut statement = self.sql.prepare_cached(
            "SELECT address, attempts, next_attempt, reason, under_way FROM queue_recipients
             WHERE message = ?1 ORDER BY position",
        )?;
        let rows = statement.query_map([message], |row| {
            Ok(WaitingRecipient {
                address: row.get(0)?,
                attempts: row.get(1)?,
                next_attempt: row.get(2)?,
                reason: row.get(3)?,
                under_way: served && row.get(4)?,
                interrupted: !served && row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Makes messages due now, also those that are held.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn retry(&self, chosen: Chosen) -> Result<Done, SpoolError> {
        let statements = [
            "UPDATE queue_recipients SET next_attempt = 0 WHERE ?1 IS NULL OR message = ?1",
            "UPDATE queue_messages SET held = 0 WHERE ?1 IS NULL OR id = ?1",
        ];
        self.change(&statements, chosen)
    }

    /// Keeps messages back until they are retried.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn hold(&self, chosen: Chosen) -> Result<Done, SpoolError> {
        self.change(&["UPDATE queue_messages SET held = 1 WHERE ?1 IS NULL OR id = ?1"], chosen)
    }

    /// Removes messages, but those that are under way, and tells nobody.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn remove(&self, chosen: Chosen) -> Result<Done, SpoolError> {
        let all = "DELETE FROM queue_messages WHERE ?1 IS NULL OR id = ?1";
        let resting = "DELETE FROM queue_messages WHERE (?1 IS NULL OR id = ?1) AND NOT EXISTS
             (SELECT 1 FROM queue_recipients WHERE message = queue_messages.id AND under_way)";
        let statement = if self.is_served() { resting } else { all };
        self.change(&[statement], chosen)
    }

    /// In one transaction; the last statement's rows are counted.
    fn change(&self, statements: &[&str], chosen: Chosen) -> Result<Done, SpoolError> {
        let transaction = Transaction::new_unchecked(&self.sql, TransactionBehavior::Immediate)?;
        let under_way = self.under_way(chosen)?;
        let mut changed = 0;
        for statement in statements {
            changed = transaction.execute(statement, params![chosen.id()])?;
        }
        transaction.commit()?;
        Ok(Done { changed, under_way })
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
        let changed = |changed| Ok(Done { changed, under_way: 0 });
        assert_eq!(spool.hold(Chosen::One(all[0].id)), changed(1));
        assert_eq!(store.queue_due(5000, 10).await.unwrap().len(), 1);
        assert_eq!(spool.retry(Chosen::All), changed(2));
        assert_eq!(store.queue_due(0, 10).await.unwrap().len(), 2);
        assert_eq!(spool.remove(Chosen::One(all[1].id)), changed(1));
        assert_eq!(spool.remove(Chosen::One(999)), changed(0));
        let due = store.queue_due(0, 10).await.unwrap();
        assert_eq!(due.len(), 1);

        // What is under way stays, as long as there is a server to have it under way.
        assert!(store.queue_begin(&due[0], 0).await.unwrap().is_some());
        assert!(spool.list().unwrap()[0].recipients[0].under_way);
        assert_eq!(spool.remove(Chosen::All), Ok(Done { changed: 0, under_way: 1 }));
        assert_eq!(spool.hold(Chosen::All), Ok(Done { changed: 1, under_way: 1 }));
        assert!(store.queue_begin(&due[0], 0).await.unwrap().is_none(), "it is held");
        store.close().await;
        let left = &spool.list().unwrap()[0].recipients[0];
        assert!(!left.under_way && left.interrupted);
        assert_eq!(spool.remove(Chosen::All), changed(1));
    }
}
