//! Sessions with other servers that are kept for a while, so that the next message for the same
//! server needs no new one, and how many there may be.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use super::client::Client;
use super::route::RelayTls;

/// Sessions with one server.
const ONE_HOST: usize = 4;
/// Sessions in all.
const ALL: usize = 100;
/// How long a session is kept that nothing needs.
const IDLE: Duration = Duration::from_millis(1500);
/// How long a delivery waits for one of the others to end its session.
const TURN: Duration = Duration::from_secs(10 * 60);
/// Servers that are remembered.
const HOSTS: usize = 1000;

/// What makes two sessions the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// The server's address.
    pub(super) address: SocketAddr,
    /// Its name, which the certificate is for.
    pub(super) host: String,
    /// How it is talked to.
    pub(super) tls: RelayTls,
    /// As whom.
    pub(super) user: Option<String>,
}

/// The right to a session with a server.
pub(super) struct Turn {
    _one: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

/// A session that is in use.
pub(super) struct Lease {
    pub(super) key: Key,
    pub(super) client: Client,
    /// Held as long as the session is.
    pub(super) _turn: Turn,
}

struct Idle {
    lease: Lease,
    since: Instant,
}

/// The sessions that nobody uses now.
pub(crate) struct Pool {
    idle: Mutex<Vec<Idle>>,
    hosts: Mutex<HashMap<SocketAddr, Arc<Semaphore>>>,
    all: Arc<Semaphore>,
}

impl Default for Pool {
    fn default() -> Self {
        Self { idle: Mutex::default(), hosts: Mutex::default(), all: Arc::new(Semaphore::new(ALL)) }
    }
}

impl Pool {
    /// A session with this server that is still there.
    pub(super) async fn take(&self, key: &Key) -> Option<Lease> {
        while let Some(mut lease) = self.pick(|idle| idle.lease.key == *key) {
            if lease.client.is_alive().await {
                return Some(lease);
            }
        }
        None
    }

    /// The right to open one more; waits for it.
    pub(super) async fn turn(&self, address: SocketAddr) -> Option<Turn> {
        let host = {
            let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
            if hosts.len() > HOSTS {
                hosts.retain(|_, semaphore| Arc::strong_count(semaphore) > 1);
            }
            Arc::clone(hosts.entry(address).or_insert_with(|| Arc::new(Semaphore::new(ONE_HOST))))
        };
        // What is only kept must not be in the way.
        if host.available_permits() == 0
            && let Some(lease) = self.pick(|idle| idle.lease.key.address == address)
        {
            lease.client.quit().await;
        }
        if self.all.available_permits() == 0
            && let Some(lease) = self.pick(|_| true)
        {
            lease.client.quit().await;
        }
        let one = timeout(TURN, host.acquire_owned()).await.ok()?.ok()?;
        let all = timeout(TURN, Arc::clone(&self.all).acquire_owned()).await.ok()?.ok()?;
        Some(Turn { _one: one, _all: all })
    }

    /// Gives a session back that is fit for another message.
    pub(super) fn give(&self, lease: Lease) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(Idle { lease, since: Instant::now() });
    }

    /// Is any kept?
    pub(super) fn is_empty(&self) -> bool {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Ends the sessions that have been kept long enough; each says goodbye.
    pub(super) fn sweep(self: &Arc<Self>) {
        while let Some(lease) = self.pick(|idle| idle.since.elapsed() >= IDLE) {
            tokio::spawn(lease.client.quit());
        }
    }

    /// Ends them all.
    pub(super) async fn close(&self) {
        while let Some(lease) = self.pick(|_| true) {
            lease.client.quit().await;
        }
    }

    fn pick(&self, fits: impl Fn(&Idle) -> bool) -> Option<Lease> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let at = idle.iter().position(fits)?;
        Some(idle.swap_remove(at).lease)
    }
}
