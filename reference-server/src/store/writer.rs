//! The one writer: each job in a savepoint of its own, one commit for a whole group,
//! and every answer released only after that commit is on disk.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::StoreError;
use super::feed::Feed;
use super::ids::{MailboxId, ModSeq};

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
    touched: HashMap<MailboxId, ModSeq>,
}

impl Writing<'_> {
    /// Notes that the mailbox changed; announced when the change is committed.
    pub(super) fn touch(&mut self, mailbox: MailboxId, latest: ModSeq) {
        self.touched.insert(mailbox, latest);
    }
}

type Touched = HashMap<MailboxId, ModSeq>;
/// Gives the answer, once the fate of the group is known.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
/// A job: runs in a savepoint, or learns that there is no transaction to run in.
type Job = Box<dyn FnOnce(Result<&Connection, StoreError>) -> (Touched, Answer) + Send>;

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
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Writing<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let mut touched = HashMap::new();
            let result = connection.and_then(|sql| in_savepoint(sql, work, &mut touched));
            let answer: Answer = Box::new(move |committed| {
                // A session that has gone away does not want its answer any more.
                let _ = sender.send(committed.and(result));
            });
            (touched, answer)
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
    touched: &mut Touched,
) -> Result<T, StoreError> {
    sql.prepare_cached("SAVEPOINT job")?.execute([])?;
    let mut writing = Writing { sql, touched: HashMap::new() };
    let result = work(&mut writing).and_then(|value| {
        sql.prepare_cached("RELEASE job")?.execute([])?;
        Ok(value)
    });
    match &result {
        Ok(_) => *touched = writing.touched,
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
                    settle(vec![settled], &Ok(()), feed);
                }
                Some(Order::Stop) => orders.close(),
                None => std::thread::sleep(LATE_LOOK),
            }
            next = orders.try_recv().ok();
        }
        if let Some(Order::Run(job)) = next {
            settle(vec![job(begun.map(|()| connection))], &Ok(()), feed);
        }
        if let Err(error) = commit(connection) {
            tracing::warn!(%error, "a promise was broken");
        }
    }
}

fn run_group(connection: &Connection, group: Vec<Job>, feed: &Feed) {
    let mut settled: Vec<(Touched, Answer)> = Vec::with_capacity(group.len());
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
        settle(settled, &Ok(()), feed);
    } else {
        let outcome = commit(connection);
        settle(settled, &outcome, feed);
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

fn settle(settled: Vec<(Touched, Answer)>, outcome: &Result<(), StoreError>, feed: &Feed) {
    // Announced first: who has an answer may rely on it that the feed knows what it promises.
    if outcome.is_ok() {
        for (mailbox, latest) in settled.iter().flat_map(|(touched, _)| touched) {
            feed.announce(*mailbox, *latest);
        }
    }
    for (_, answer) in settled {
        answer(outcome.clone());
    }
}

fn refuse(settled: impl Iterator<Item = (Touched, Answer)>, reason: &StoreError) {
    for (_, answer) in settled {
        answer(Err(reason.clone()));
    }
}
