//! The store: accounts, mailboxes, messages, flags, UIDs and modification sequences in
//! SQLite, spoken to in terms of mail. One writer with group commit ([`writer`]), readers
//! beside it ([`readers`]), news after the commit ([`feed`]). Not for protocols: it knows
//! no reply and no wire.

mod accounts;
mod acl;
mod annotations;
mod bodies;
mod content;
mod envelope;
mod error;
mod feed;
mod flags;
mod happened;
mod holding;
mod ids;
mod listing;
mod mailboxes;
mod maildrop;
mod messages;
mod name;
mod named;
mod objects;
mod original;
mod outgoing;
mod quota;
mod readers;
mod reading;
mod reserve;
mod rights;
mod schema;
mod snapshot;
mod special_use;
mod spool;
mod terms;
#[cfg(test)]
mod tests;
mod writer;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{broadcast, watch};

pub(crate) use accounts::{Account, ScramKeys, StoredSecret};
pub(crate) use acl::{ANYONE, RightsChange, Visible};
pub(crate) use annotations::{Annotated, Audience, Depth, EntryName, PrivateOf, Told};
pub(crate) use bodies::READ;
pub(crate) use content::{Content, Front, Incoming};
pub(crate) use envelope::{Envelope, Notify, Returned, xtext};
pub(crate) use error::StoreError;
pub(crate) use flags::{Flags, SystemFlag};
pub(crate) use happened::{Event, Happened, Origin, What};
pub(crate) use holding::BodyHold;
pub(crate) use ids::{AccountId, BodyId, MailboxId, ModSeq, ThreadId, Uid, UidValidity};
pub(crate) use listing::{FlagSets, Listed, Listing, SetId};
#[cfg(test)]
pub(crate) use mailboxes::Mailbox;
pub(crate) use mailboxes::{Selectable, Status};
pub(crate) use maildrop::{LastLine, MaildropLock};
pub(crate) use messages::{
    FlagChange, Leaves, Message, Missing, Moved, NewMessage, Replaced, Unchanged, Which,
};
pub(crate) use name::{DELIMITER, MailboxName, OTHER_USERS};
pub(crate) use named::Named;
pub(crate) use original::{Writing, for_report, for_server, is_original};
pub(crate) use outgoing::{Due, Fate, Millis, NewQueued, Node, Pending, Queued, Remote, Report};
pub(crate) use quota::Counted;
pub use quota::Quota;
pub(crate) use reading::{Loaded, Opened, Wanted};
pub(crate) use rights::Rights;
pub(crate) use snapshot::{Access, Changes, Snapshot};
pub(crate) use special_use::SpecialUse;
pub use spool::{Chosen, Done, Spool, SpoolError, Waiting, WaitingRecipient};
pub(crate) use terms::{DeliverBy, Hold, Lateness, Terms, TlsTerm};
pub(crate) use writer::AnswerTiming;

/// Where the mail is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Storage {
    /// In memory: gone with the server.
    Memory,
    /// In a directory, which is made where it is missing. One server at a time.
    Directory(PathBuf),
}

/// The store; clones are the same store.
#[derive(Clone)]
pub(crate) struct Store {
    inner: Arc<Inner>,
    /// Whose doing it is what is done by this clone.
    origin: Origin,
}

struct Inner {
    writer: writer::Writer,
    /// None where the writer's connection is the only one: in memory, and with late commits.
    readers: Option<readers::Readers>,
    feed: Arc<feed::Feed>,
    maildrops: maildrop::Maildrops,
    accounts: accounts::Remembered,
    /// Room for deleting; none where the store is in memory.
    reserve: Option<Arc<reserve::Reserve>>,
    /// What messages on their way in hold in memory.
    held: content::Held,
    /// The number of the next spool.
    next_spool: AtomicI64,
    /// The number of the next reader that holds a body.
    next_hold: AtomicI64,
    /// The last origin that was given out.
    origins: AtomicU64,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Held until the threads have ended.
    lock: Mutex<Option<File>>,
}

impl Store {
    /// Opens the store, and makes it where it is new. After a crash SQLite's log is replayed
    /// here. Blocks: not for async threads.
    ///
    /// # Errors
    /// The directory cannot be made, is used by another server, or holds something else.
    pub(crate) fn open(storage: &Storage, timing: AnswerTiming) -> Result<Self, StoreError> {
        let mut threads = Vec::new();
        let feed = Arc::new(feed::Feed::default());
        let mut reserve = None;
        let (connection, lock, database) = match storage {
            Storage::Memory => (Connection::open_in_memory()?, None, None),
            Storage::Directory(directory) => {
                make_private(directory)?;
                let lock = lock(directory)?;
                reserve = Some(Arc::new(reserve::Reserve::keep(directory)));
                let database = directory.join(schema::DATABASE);
                (Connection::open(&database)?, Some(lock), Some(database))
            }
        };
        schema::prepare_writer(&connection)?;
        outgoing::end_attempts(&connection)?;
        let next_spool = bodies::sweep(&connection)?.into();
        holding::sweep(&connection)?;
        let (writer, thread) = writer::Writer::start(connection, Arc::clone(&feed), timing)?;
        threads.push(thread);
        // With its commits late, only the writer's own connection sees what was promised.
        let readers = database.filter(|_| timing == AnswerTiming::AfterCommit);
        let readers = readers.map(|database| readers::Readers::start(&database, &mut threads)).transpose()?;
        Ok(Self {
            inner: Arc::new(Inner {
                writer,
                readers,
                reserve,
                feed,
                maildrops: maildrop::Maildrops::default(),
                accounts: accounts::Remembered::default(),
                held: content::Held::default(),
                next_spool,
                next_hold: AtomicI64::new(1),
                origins: AtomicU64::new(0),
                threads: Mutex::new(threads),
                lock: Mutex::new(lock),
            }),
            origin: Origin::default(),
        })
    }

    /// Finishes what is queued, closes the database and gives the directory free. Whoever
    /// uses the store afterwards gets [`StoreError::Closed`].
    pub(crate) async fn close(&self) {
        if let Some(readers) = &self.inner.readers {
            readers.stop().await;
        }
        self.inner.writer.stop().await;
        let threads = std::mem::take(&mut *self.inner.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let ended =
            tokio::task::spawn_blocking(move || threads.into_iter().all(|thread| thread.join().is_ok()));
        if !matches!(ended.await, Ok(true)) {
            tracing::error!("a thread of the store ended badly");
        }
        let mut lock = self.inner.lock.lock().unwrap_or_else(PoisonError::into_inner);
        drop(lock.take());
    }

    /// News of a mailbox: the receiver changes after each committed change, also when the
    /// mailbox is deleted. What changed is read with [`Store::changes`].
    pub(crate) fn watch(&self, mailbox: MailboxId) -> watch::Receiver<ModSeq> {
        self.inner.feed.watch(mailbox)
    }

    /// The same store, whose doings can be told from those of everybody else.
    pub(crate) fn with_own_origin(&self) -> Self {
        let last = self.inner.origins.fetch_add(1, Ordering::Relaxed);
        Self { inner: Arc::clone(&self.inner), origin: Origin(last.saturating_add(1)) }
    }

    /// Whose doing it is what is done by this clone.
    pub(crate) fn origin(&self) -> Origin {
        self.origin
    }

    /// What happens in the account from now on, after each commit. A receiver that is too slow
    /// misses some of it, and learns that.
    pub(crate) fn listen(&self, account: AccountId) -> broadcast::Receiver<Event> {
        self.inner.feed.listen(account)
    }

    /// The exclusive lock on an account's maildrop for a POP3 session, or `None` while
    /// another session holds it (RFC 1939, section 4).
    pub(crate) fn lock_maildrop(&self, account: AccountId) -> Option<MaildropLock> {
        self.inner.maildrops.lock(account)
    }

    fn new_spool(&self) -> bodies::SpoolId {
        bodies::SpoolId(self.inner.next_spool.fetch_add(1, Ordering::Relaxed))
    }

    /// Writes what may make the store larger.
    async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut writer::Writing<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let reserve = self.inner.reserve.clone();
        let admitted = move |w: &mut writer::Writing<'_>| {
            if let Some(reserve) = reserve {
                reserve.admit(w.sql)?;
            }
            work(w)
        };
        self.inner.writer.run(self.origin, admitted).await
    }

    /// Writes what makes the store smaller, or has to go on whatever room there is (a server that starts
    /// puts its accounts): where there is no room otherwise, with the reserve.
    async fn write_on_reserve<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut writer::Writing<'_>) -> Result<T, StoreError> + Clone + Send + 'static,
    {
        match (self.inner.writer.run(self.origin, work.clone()).await, &self.inner.reserve) {
            (Err(StoreError::Full), Some(reserve)) if reserve.give() => {
                self.inner.writer.run(self.origin, work).await
            }
            (done, _) => done,
        }
    }

    async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        match &self.inner.readers {
            Some(readers) => readers.run(query).await,
            None => self.inner.writer.run(self.origin, move |w| query(w.sql)).await,
        }
    }
}

/// Makes the directory where it is missing; mail is its owner's business only.
fn make_private(directory: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// The file in the directory that a running server has locked.
const LOCK: &str = "lock";
/// For somebody who only looks whether a server is running.
const GLANCE: Duration = Duration::from_millis(20);
/// How often the lock is tried for.
const TRIES: usize = 5;

/// Keeps other processes out of the directory, until the file is closed.
fn lock(directory: &Path) -> Result<File, StoreError> {
    let file = File::options().create(true).truncate(false).write(true).open(directory.join(LOCK))?;
    let mut locked = file.try_lock();
    for _ in 1..TRIES {
        if !matches!(locked, Err(TryLockError::WouldBlock)) {
            break;
        }
        std::thread::sleep(GLANCE);
        locked = file.try_lock();
    }
    match locked {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(StoreError::Io(format!("{} is in use by another server", directory.display())))
        }
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}
