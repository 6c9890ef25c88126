//! From an accepted connection to the protocol that it speaks.

use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::context::Context;
use crate::net::{Connection, Early};
use crate::service::{Service, TlsMode};
use crate::slots::Slot;
use crate::{imap, pop3, smtp};

/// One connection from its first octet to its last. `slot` is `None` when too many
/// connections are open.
pub(crate) async fn session(
    stream: TcpStream,
    context: Context,
    slot: Option<Slot>,
    shutdown: watch::Receiver<bool>,
) {
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
        && let Err(error) = connection.start_tls(&context.shared.tls, Early::Forgotten).await
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
