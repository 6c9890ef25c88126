//! Connections that only read, each on a thread of its own, so that no query blocks
//! the async threads and none waits for the writer.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::{mpsc, oneshot};

use super::{StoreError, schema};

/// Reading connections.
const READERS: usize = 3;
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
            let connection = Connection::open_with_flags(
                database,
                OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
            )?;
            schema::prepare_reader(&connection)?;
            let queries = Arc::clone(&queries);
            let thread = std::thread::Builder::new().name("store-reader".to_owned()).spawn(move || {
                while let Some(query) = next(&queries) {
                    query(&connection);
                }
            })?;
            threads.push(thread);
        }
        Ok(Self { queue })
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

    /// No more queries: what is queued is answered, then the threads end.
    pub(super) async fn stop(&self) {
        // Threads that have ended already need no telling.
        let _ = self.queue.send(Order::Stop).await;
    }
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
