//! Accepts connections and starts their sessions; at the end it lets them finish.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use super::connection::{Connection, ending};
use crate::context::{Context, Shared};
use crate::service::{Service, TlsMode};
use crate::{imap, pop3, smtp};

/// How long to wait when no connection can be accepted, for want of descriptors.
const BREATHER: Duration = Duration::from_millis(50);

/// A bound socket and what it offers.
pub(crate) struct Listener {
    socket: TcpListener,
    service: Service,
    address: SocketAddr,
}

impl Listener {
    /// Binds the address; port 0 is any free one.
    pub(crate) async fn bind(service: Service, address: SocketAddr) -> io::Result<Self> {
        let socket = TcpListener::bind(address).await?;
        let address = socket.local_addr()?;
        Ok(Self { socket, service, address })
    }

    /// The address it is bound to.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts until `shutdown` turns true, then waits for the sessions; those that do not
    /// end in time are cut off.
    pub(crate) async fn run(
        self,
        shared: Arc<Shared>,
        slots: Arc<Semaphore>,
        mut shutdown: watch::Receiver<bool>,
    ) {
        let mut sessions = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, peer)) => {
                        let context = Context {
                            shared: Arc::clone(&shared),
                            service: self.service,
                            peer,
                        };
                        let slot = Arc::clone(&slots).try_acquire_owned().ok();
                        sessions.spawn(session(stream, context, slot, shutdown.clone()));
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
        if tokio::time::timeout(shared.timeouts.shutdown, all).await.is_err() {
            sessions.shutdown().await;
        }
    }
}

/// One connection from its first octet to its last. `slot` is `None` when too many
/// connections are open.
async fn session(
    stream: TcpStream,
    context: Context,
    slot: Option<OwnedSemaphorePermit>,
    shutdown: watch::Receiver<bool>,
) {
    // Replies are batched here; the kernel need not wait for more.
    let _ = stream.set_nodelay(true);
    let timeouts = &context.shared.timeouts;
    let idle = match context.service {
        Service::Smtp | Service::Submission | Service::Submissions | Service::Lmtp => timeouts.smtp,
        Service::Pop3 | Service::Pop3s => timeouts.pop3,
        Service::Imap | Service::Imaps => timeouts.imap,
    };
    let mut connection = Connection::new(stream, idle, timeouts, shutdown);
    if slot.is_none() {
        if context.service.tls_mode() == TlsMode::Explicit {
            connection.push(busy(context.service));
        }
        return connection.close().await;
    }
    if context.service.tls_mode() == TlsMode::Implicit
        && let Err(error) = connection.start_tls(&context.shared.tls).await
    {
        tracing::debug!(%error, service = %context.service, "handshake failed");
        return;
    }
    match context.service {
        Service::Smtp | Service::Submission | Service::Submissions | Service::Lmtp => {
            smtp::serve(connection, context).await;
        }
        Service::Pop3 | Service::Pop3s => pop3::serve(connection, context).await,
        Service::Imap | Service::Imaps => imap::serve(connection, context).await,
    }
}

/// The greeting of a server that has no room.
fn busy(service: Service) -> &'static [u8] {
    match service {
        Service::Smtp | Service::Submission | Service::Submissions | Service::Lmtp => {
            b"421 too many connections, try again later\r\n"
        }
        Service::Pop3 | Service::Pop3s => b"-ERR too many connections, try again later\r\n",
        Service::Imap | Service::Imaps => b"* BYE too many connections, try again later\r\n",
    }
}
