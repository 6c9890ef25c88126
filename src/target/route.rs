//! Routes: domains whose mail the target hands to a port at which the harness listens.
//!
//! Leased like accounts. While no case has a route, what still comes over it (the target tries
//! again what an earlier case left in its queue) is taken and forgotten.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::hop::swallow;

/// A domain, and where mail for it comes.
#[derive(Debug, Clone)]
pub struct Route {
    /// The domain.
    pub domain: String,
    /// Where the harness listens for it.
    pub address: SocketAddr,
    /// The socket that listens.
    pub listener: Arc<TcpListener>,
}

impl Route {
    /// Listens for a domain's mail.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub(super) async fn listen(domain: String, address: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { domain, address, listener: Arc::new(listener) })
    }
}

/// The routes of a target; each is leased to one case at a time.
#[derive(Debug, Clone, Default)]
pub(super) struct Routes {
    shared: Arc<Shared>,
    size: usize,
}

#[derive(Debug, Default)]
struct Shared {
    free: Mutex<Vec<Idle>>,
    returned: Notify,
}

/// A route that no case has now.
#[derive(Debug)]
struct Idle {
    route: Route,
    sink: Option<AbortHandle>,
}

impl Idle {
    fn new(route: Route) -> Self {
        // Without a runtime nothing can come either.
        let sink = tokio::runtime::Handle::try_current().ok();
        let sink = sink.map(|runtime| runtime.spawn(swallow(Arc::clone(&route.listener))).abort_handle());
        Self { route, sink }
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        if let Some(sink) = &self.sink {
            sink.abort();
        }
    }
}

/// Routes that belong to one case until this is dropped.
#[derive(Debug, Default)]
pub(super) struct RouteLease {
    shared: Arc<Shared>,
    /// By the names of the script.
    pub(super) routes: Vec<(String, Route)>,
}

impl Routes {
    /// A pool of these.
    pub(super) fn new(routes: Vec<Route>) -> Self {
        let size = routes.len();
        let free: Vec<Idle> = routes.into_iter().map(Idle::new).collect();
        Self { shared: Arc::new(Shared { free: Mutex::new(free), returned: Notify::new() }), size }
    }

    /// How many there are in all.
    pub(super) const fn size(&self) -> usize {
        self.size
    }

    /// One route per name, all at once, those first that were free longest; `None` when there will
    /// never be so many.
    pub(super) async fn lease(&self, names: &[String]) -> Option<RouteLease> {
        if names.len() > self.size {
            return None;
        }
        loop {
            let returned = self.shared.returned.notified();
            tokio::pin!(returned);
            returned.as_mut().enable();
            if let Some(taken) = self.shared.take(names.len()) {
                let routes = names.iter().cloned().zip(taken).collect();
                return Some(RouteLease { shared: Arc::clone(&self.shared), routes });
            }
            returned.await;
        }
    }

    /// Routes that were made for one case; they come to this pool only to be forgotten with it.
    pub(super) fn made(&self, routes: Vec<(String, Route)>) -> RouteLease {
        RouteLease { shared: Arc::clone(&self.shared), routes }
    }
}

impl Shared {
    fn take(&self, count: usize) -> Option<Vec<Route>> {
        let mut free = self.lock();
        if free.len() < count {
            return None;
        }
        Some(free.drain(..count).map(|idle| idle.route.clone()).collect())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RouteLease {
    fn drop(&mut self) {
        let back = std::mem::take(&mut self.routes);
        self.shared.lock().extend(back.into_iter().map(|(_, route)| Idle::new(route)));
        self.shared.returned.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt as _;

    #[tokio::test]
    async fn a_route_is_one_cases_and_nobody_waits_at_a_free_one() {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let route = Route::listen("hop.example".to_owned(), any).await.unwrap();
        let address = route.address;
        let routes = Routes::new(vec![route]);
        let greeted = async || {
            let mut client = tokio::net::TcpStream::connect(address).await.unwrap();
            let mut octets = [0; 4];
            let read = client.read_exact(&mut octets);
            tokio::time::timeout(std::time::Duration::from_millis(300), read)
                .await
                .is_ok_and(|read| read.is_ok())
        };
        assert!(greeted().await);
        let names = ["hop".to_owned()];
        let lease = routes.lease(&names).await.unwrap();
        assert_eq!(lease.routes[0].1.domain, "hop.example");
        assert!(!greeted().await);
        let waiting = tokio::spawn({
            let (routes, names) = (routes.clone(), names.clone());
            async move { routes.lease(&names).await.is_some() }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(lease);
        assert!(waiting.await.unwrap());
        assert!(routes.lease(&["a".to_owned(), "b".to_owned()]).await.is_none());
    }
}
