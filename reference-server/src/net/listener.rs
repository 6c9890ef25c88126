//! Accepts connections and starts their sessions; at the end it lets them finish.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::connection::ending;
use crate::service::Service;

/// How long to wait when no connection can be accepted, for want of descriptors.
const BREATHER: Duration = Duration::from_millis(50);

/// Connections that may wait to be accepted. One that finds no room is not refused: its client takes
/// it for open, and waits for a greeting that never comes.
const WAITING: u32 = 4096;

/// A bound socket and what it offers.
pub(crate) struct Listener {
    socket: TcpListener,
    service: Service,
    address: SocketAddr,
}

impl Listener {
    /// Binds the address; port 0 is any free one.
    pub(crate) async fn bind(service: Service, address: SocketAddr) -> io::Result<Self> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // A restart may come before the last connections are forgotten; elsewhere the option lets
        // others take the port.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let socket = socket.listen(WAITING)?;
        let address = socket.local_addr()?;
        Ok(Self { socket, service, address })
    }

    /// What it offers.
    pub(crate) fn service(&self) -> Service {
        self.service
    }

    /// The address it is bound to.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts until `shutdown` turns true, each connection into a task that runs `session`;
    /// then waits for the sessions, and cuts off those that do not end within `grace`.
    pub(crate) async fn run<F, R>(self, session: F, grace: Duration, mut shutdown: watch::Receiver<bool>)
    where
        F: Fn(TcpStream, SocketAddr) -> R,
        R: Future<Output = ()> + Send + 'static,
    {
        let mut sessions = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, peer)) => {
                        // Replies are batched here; the kernel need not wait for more.
                        let _ = stream.set_nodelay(true);
                        sessions.spawn(session(stream, peer));
                    }
                    Err(error) => {
                        tracing::warn!(%error, service = %self.service, "accept failed");
                        tokio::time::sleep(BREATHER).await;
                    }
                },
                Some(ended) = sessions.join_next() => if let Err(error) = ended {
                    tracing::error!(%error, service = %self.service, "a session ended badly");
                },
                () = ending(&mut shutdown) => break,
            }
        }
        drop(self.socket);
        let all = async { while sessions.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, all).await.is_err() {
            sessions.shutdown().await;
        }
    }
}
