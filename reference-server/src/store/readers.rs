//! Connections that only read: some on threads of their own, so that no long query blocks the
//! async threads and none waits for the writer; and some at hand, for queries that are over sooner
//! than a thread is woken.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tokio::sync::{mpsc, oneshot};

use super::{StoreError, schema};

/// Reading connections with threads.
const READERS: usize = 3;
/// Reading connections at hand.
const AT_HAND: usize = 2;
/// How long a query waits for those who put a damaged log right; nobody does that while a server runs.
const AT_HAND_WAIT: Duration = Duration::from_millis(10);
/// Queries that may wait before whoever brings another one has to wait too.
const QUEUE: usize = 1024;

type Query = Box<dyn FnOnce(&Connection) + Send>;

/// What goes to the reading threads.
enum Order {
    Run(Query),
    /// Take no more queries, run those that are queued, and end.
    Stop,
}

/// The way to the reading threads; they end at [`Readers::stop`], or when the way is gone.
pub(super) struct Readers {
    queue: mpsc::Sender<Order>,
    /// None after [`Readers::stop`].
    at_hand: [Mutex<Option<Connection>>; AT_HAND],
}

impl Readers {
    /// Opens the connections. The database exists already.
    pub(super) fn start(
        database: &Path,
        threads: &mut Vec<std::thread::JoinHandle<()>>,
    ) -> Result<Self, StoreError> {
        let (queue, queries) = mpsc::channel(QUEUE);
        let queries = Arc::new(Mutex::new(queries));
        for _ in 0..READERS {
            let connection = open(database)?;
            let queries = Arc::clone(&queries);
            let thread = std::thread::Builder::new().name("store-reader".to_owned()).spawn(move || {
                while let Some(query) = next(&queries) {
                    query(&connection);
                }
            })?;
            threads.push(thread);
        }
        let mut at_hand = [const { Mutex::new(None) }; AT_HAND];
        for place in &mut at_hand {
            let connection = open(database)?;
            connection.busy_timeout(AT_HAND_WAIT)?;
            *place.get_mut().unwrap_or_else(PoisonError::into_inner) = Some(connection);
        }
        Ok(Self { queue, at_hand })
    }

    /// Runs `query` in one read transaction: it sees one state of the database.
    pub(super) async fn run<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let job: Query = Box::new(move |connection| {
            let _ = sender.send(in_transaction(connection, query));
        });
        self.queue.send(Order::Run(job)).await.map_err(|_| StoreError::Closed)?;
        receiver.await.map_err(|_| StoreError::Closed)?
    }

    /// Runs a query that reads a few rows, as [`Readers::run`] does, but here and now where a
    /// connection is free: waking a thread and being woken by it costs more than such a query.
    pub(super) async fn run_here<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        for place in &self.at_hand {
            let Ok(connection) = place.try_lock() else { continue };
            if let Some(connection) = connection.as_ref() {
                return in_transaction(connection, query);
            }
        }
        self.run(query).await
    }

    /// No more queries: what is queued is answered, then the threads end.
    pub(super) async fn stop(&self) {
        for place in &self.at_hand {
            drop(place.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
        // Threads that have ended already need no telling.
        let _ = self.queue.send(Order::Stop).await;
    }
}

fn open(database: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, flags)?;
    schema::prepare_reader(&connection)?;
    Ok(connection)
}

fn next(orders: &Mutex<mpsc::Receiver<Order>>) -> Option<Query> {
    // Held while waiting: the threads take turns to wait, and run side by side.
    let mut orders = orders.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        match orders.blocking_recv()? {
            Order::Run(query) => return Some(query),
            Order::Stop => orders.close(),
        }
    }
}

fn in_transaction<T>(
    connection: &Connection,
    query: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.prepare_cached("BEGIN")?.execute([])?;
    let result = query(connection);
    let ended = connection.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([]));
    if ended.is_err() && !connection.is_autocommit() {
        drop(connection.execute_batch("ROLLBACK"));
    }
    result
}
