//! The one writer: each job in a savepoint of its own, one commit for a whole group,
//! and every answer released only after that commit is on disk.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::StoreError;
use super::acl::{self, AccessChange, Sharers};
use super::feed::Feed;
use super::happened::{Event, Happened, Origin, What};
use super::ids::{AccountId, MailboxId, ModSeq};

/// Jobs that may wait before whoever brings another one has to wait too.
const QUEUE: usize = 1024;
/// Most jobs in one commit, so that the first of them does not wait for ever.
const GROUP: usize = 256;
/// How long a store that answers too early lets its commit lie.
const LATE_COMMIT: Duration = Duration::from_secs(5);
/// How often it looks for more to do meanwhile.
const LATE_LOOK: Duration = Duration::from_millis(2);

/// When the answer to a writing operation is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnswerTiming {
    /// After the commit has reached the disk.
    AfterCommit,
    /// At once, with the commit some time later: a promise that a crash can break.
    BeforeCommit,
}

/// What a writing job sees: the open transaction, and where it notes what it changed.
pub(super) struct Writing<'c> {
    /// The connection, inside a savepoint of the job's own.
    pub(super) sql: &'c Connection,
    noted: Noted,
}

impl Writing<'_> {
    /// Notes that the mailbox changed; announced when the change is committed.
    pub(super) fn touch(&mut self, mailbox: MailboxId, latest: ModSeq, happened: Happened) {
        let (known, before) = self.noted.mailboxes.entry(mailbox).or_insert((latest, happened));
        (*known, *before) = ((*known).max(latest), *before | happened);
    }

    /// Notes what happened to a name of the account; announced when it is committed.
    pub(super) fn note(&mut self, account: AccountId, what: What) {
        self.noted.names.push((account, what));
    }

    /// Notes that some may see a mailbox since, or no more; announced when it is committed.
    pub(super) fn note_access(&mut self, change: AccessChange) {
        self.noted.access.push(change);
    }
}

/// What a job has done, as others shall hear of it.
#[derive(Default)]
struct Noted {
    origin: Origin,
    mailboxes: HashMap<MailboxId, (ModSeq, Happened)>,
    names: Vec<(AccountId, What)>,
    access: Vec<AccessChange>,
}

/// Gives the answer, once the fate of the group is known.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
/// A job: runs in a savepoint, or learns that there is no transaction to run in.
type Job = Box<dyn FnOnce(Result<&Connection, StoreError>) -> (Noted, Answer) + Send>;

/// What goes to the writing thread.
enum Order {
    Run(Job),
    /// Take no more jobs, run those that are queued, and end.
    Stop,
}

/// The way to the writing thread; the thread ends at [`Writer::stop`], or when the way is gone.
pub(super) struct Writer {
    queue: mpsc::Sender<Order>,
}

impl Writer {
    /// Starts the writing thread over its connection.
    pub(super) fn start(
        connection: Connection,
        feed: Arc<Feed>,
        timing: AnswerTiming,
    ) -> Result<(Self, std::thread::JoinHandle<()>), StoreError> {
        keep_freed_memory();
        let (queue, jobs) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || run(&connection, jobs, &feed, timing))?;
        Ok((Self { queue }, thread))
    }

    /// Runs `work` in a savepoint; the result comes after the commit. An error undoes
    /// all that `work` did, and nothing of the other jobs in the group.
    pub(super) async fn run<T, F>(&self, origin: Origin, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Writing<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let mut noted = Noted { origin, ..Noted::default() };
            let result = connection.and_then(|sql| in_savepoint(sql, work, &mut noted));
            let answer: Answer = Box::new(move |committed| {
                // A session that has gone away does not want its answer any more.
                let _ = sender.send(committed.and(result));
            });
            (noted, answer)
        });
        self.queue.send(Order::Run(job)).await.map_err(|_| StoreError::Closed)?;
        receiver.await.map_err(|_| StoreError::Closed)?
    }

    /// No more jobs: what is queued is done, then the thread ends.
    pub(super) async fn stop(&self) {
        // A thread that has ended already needs no telling.
        let _ = self.queue.send(Order::Stop).await;
    }
}

/// Each savepoint has a journal of 64 KB in memory while it lasts. The C library's allocator would
/// give that back to the system after every job, for the next job to fault it in again: a fifth of
/// this thread's time. Once it has freed a block of some size it takes such blocks for common, and
/// keeps up to twice as much. Elsewhere this does nothing.
fn keep_freed_memory() {
    const KEPT: usize = 512 * 1024;
    drop(std::hint::black_box(Vec::<u8>::with_capacity(KEPT)));
}

fn in_savepoint<T>(
    sql: &Connection,
    work: impl FnOnce(&mut Writing<'_>) -> Result<T, StoreError>,
    noted: &mut Noted,
) -> Result<T, StoreError> {
    sql.prepare_cached("SAVEPOINT job")?.execute([])?;
    let mut writing = Writing { sql, noted: Noted { origin: noted.origin, ..Noted::default() } };
    let result = work(&mut writing).and_then(|value| {
        sql.prepare_cached("RELEASE job")?.execute([])?;
        Ok(value)
    });
    match &result {
        Ok(_) => *noted = writing.noted,
        // A failure such as a full disk may have undone the whole transaction already;
        // the group notices that by itself.
        Err(_) => drop(sql.execute_batch("ROLLBACK TO job; RELEASE job")),
    }
    result
}

fn run(connection: &Connection, mut orders: mpsc::Receiver<Order>, feed: &Feed, timing: AnswerTiming) {
    match timing {
        AnswerTiming::AfterCommit => run_groups(connection, &mut orders, feed),
        AnswerTiming::BeforeCommit => run_late(connection, &mut orders, feed),
    }
}

/// The reference: group, commit, answer.
fn run_groups(connection: &Connection, orders: &mut mpsc::Receiver<Order>, feed: &Feed) {
    while let Some(first) = orders.blocking_recv() {
        let mut next = Some(first);
        let mut group = Vec::new();
        while let Some(order) = next {
            match order {
                Order::Run(job) => group.push(job),
                Order::Stop => orders.close(),
            }
            next = if group.len() < GROUP { orders.try_recv().ok() } else { None };
        }
        run_group(connection, group, feed);
    }
}

/// For a deviation: each job is answered at once, and what has gathered is committed later.
fn run_late(connection: &Connection, orders: &mut mpsc::Receiver<Order>, feed: &Feed) {
    while let Some(first) = orders.blocking_recv() {
        let begun = begin(connection);
        let deadline = Instant::now() + LATE_COMMIT;
        let mut next = Some(first);
        while Instant::now() < deadline && !(next.is_none() && orders.is_closed()) {
            match next.take() {
                Some(Order::Run(job)) => {
                    let settled = job(begun.clone().map(|()| connection));
                    settle(connection, vec![settled], &Ok(()), feed);
                }
                Some(Order::Stop) => orders.close(),
                None => std::thread::sleep(LATE_LOOK),
            }
            next = orders.try_recv().ok();
        }
        if let Some(Order::Run(job)) = next {
            settle(connection, vec![job(begun.map(|()| connection))], &Ok(()), feed);
        }
        if let Err(error) = commit(connection) {
            tracing::warn!(%error, "a promise was broken");
        }
    }
}

fn run_group(connection: &Connection, group: Vec<Job>, feed: &Feed) {
    let mut settled: Vec<(Noted, Answer)> = Vec::with_capacity(group.len());
    let mut begun = begin(connection);
    for job in group {
        settled.push(job(begun.clone().map(|()| connection)));
        if begun.is_ok() && connection.is_autocommit() {
            // SQLite undid the whole transaction: nobody so far may be told otherwise.
            refuse(settled.drain(..), &StoreError::Full);
            begun = begin(connection);
        }
    }
    if begun.is_err() {
        // Each job has learnt the reason itself.
        settle(connection, settled, &Ok(()), feed);
    } else {
        let outcome = commit(connection);
        settle(connection, settled, &outcome, feed);
    }
}

fn begin(connection: &Connection) -> Result<(), StoreError> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    Ok(())
}

fn commit(connection: &Connection) -> Result<(), StoreError> {
    let outcome = connection.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([]));
    if outcome.is_err() && !connection.is_autocommit() {
        drop(connection.execute_batch("ROLLBACK"));
    }
    outcome?;
    Ok(())
}

fn settle(
    connection: &Connection,
    settled: Vec<(Noted, Answer)>,
    outcome: &Result<(), StoreError>,
    feed: &Feed,
) {
    let mut answers = Vec::with_capacity(settled.len());
    for (noted, answer) in settled {
        // Announced first: who has an answer may rely on it that the feed knows what it promises.
        if outcome.is_ok() {
            announce(connection, noted, feed);
        }
        answers.push(answer);
    }
    for answer in answers {
        answer(outcome.clone());
    }
}

/// Tells whoever watches or listens. What happened in a mailbox that has gone meanwhile is of no
/// interest any more.
fn announce(connection: &Connection, noted: Noted, feed: &Feed) {
    let Noted { origin, mailboxes, names, access } = noted;
    for (mailbox, (latest, _)) in &mailboxes {
        feed.announce(*mailbox, *latest);
    }
    if !feed.is_listened_to() {
        return;
    }
    for (account, what) in names {
        feed.publish(account, Event { origin, what });
    }
    for change in access {
        for account in feed.listeners() {
            match change.seen_by(connection, account) {
                Ok(what) => what.into_iter().for_each(|what| feed.publish(account, Event { origin, what })),
                Err(error) => tracing::warn!(%error, "who may see a mailbox is not known"),
            }
        }
    }
    for (mailbox, (_, happened)) in mailboxes {
        let owner = connection
            .prepare_cached("SELECT account FROM mailboxes WHERE id = ?1")
            .and_then(|mut query| query.query_row([mailbox], |row| row.get(0)));
        let Ok(owner) = owner else { continue };
        let event = Event { origin, what: What::Messages(mailbox, happened) };
        match acl::sharers(connection, mailbox) {
            Ok(Sharers::Anyone) => feed.publish_to_all(&event),
            Ok(Sharers::Accounts(sharers)) => {
                let others = sharers.into_iter().filter(|sharer| *sharer != owner);
                for account in std::iter::once(owner).chain(others) {
                    feed.publish(account, event.clone());
                }
            }
            Err(error) => tracing::warn!(%error, "who shares a mailbox is not known"),
        }
    }
}

fn refuse(settled: impl Iterator<Item = (Noted, Answer)>, reason: &StoreError) {
    for (_, answer) in settled {
        answer(Err(reason.clone()));
    }
}
