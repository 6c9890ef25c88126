//! Routes: domains whose mail the target hands to a port at which the harness listens.
//!
//! Leased like accounts. While no case has a route, what still comes over it (the target tries
//! again what an earlier case left in its queue) is taken and forgotten.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use super::stock::Stock;
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
    stock: Arc<Stock<Idle>>,
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
    stock: Arc<Stock<Idle>>,
    /// By the names of the script.
    pub(super) routes: Vec<(String, Route)>,
}

impl Routes {
    /// A pool of these.
    pub(super) fn new(routes: Vec<Route>) -> Self {
        Self { stock: Arc::new(Stock::new(routes.into_iter().map(Idle::new))) }
    }

    /// How many there are in all.
    pub(super) fn size(&self) -> usize {
        self.stock.size()
    }

    /// One route per name; `None` when there will never be so many.
    pub(super) async fn lease(&self, names: &[String]) -> Option<RouteLease> {
        let taken = self.stock.take(names.len()).await?;
        let routes = taken.into_iter().map(|idle| idle.route.clone());
        let routes = names.iter().cloned().zip(routes).collect();
        Some(RouteLease { stock: Arc::clone(&self.stock), routes })
    }

    /// Routes that were made for one case; they come to this pool only to be forgotten with it.
    pub(super) fn made(&self, routes: Vec<(String, Route)>) -> RouteLease {
        RouteLease { stock: Arc::clone(&self.stock), routes }
    }
}

impl Drop for RouteLease {
    fn drop(&mut self) {
        let back = std::mem::take(&mut self.routes);
        self.stock.put_back(back.into_iter().map(|(_, route)| Idle::new(route)));
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
