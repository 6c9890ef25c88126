//! The proxy: lets a mail program talk to a target, octet for octet, and keeps what is said.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::{Moment, Said};

/// Octets that are kept; what comes after them is passed on and not recorded.
const MAX_OCTETS: usize = 64 * 1024 * 1024;

/// How long both sides may be silent: longer than any server waits (RFC 9051, section 5.4).
const IDLE: Duration = Duration::from_secs(30 * 60);

/// How long the target may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// What was said so far, on all connections.
#[derive(Debug, Clone, Default)]
pub struct Tape {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    moments: Vec<Moment>,
    octets: usize,
}

impl Tape {
    fn keep(&self, connection: usize, said: Said) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Said::Client(octets) | Said::Server(octets) = &said {
            state.octets = state.octets.saturating_add(octets.len());
        }
        if state.octets <= MAX_OCTETS {
            state.moments.push(Moment { connection, said });
        }
    }

    /// All of it.
    #[must_use]
    pub fn moments(&self) -> Vec<Moment> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).moments.clone()
    }
}

/// Passes connections on to the target until so many of them have ended.
///
/// # Errors
/// When nothing more can be accepted, or the target cannot be reached.
pub async fn run(listener: TcpListener, target: SocketAddr, sessions: usize, tape: &Tape) -> io::Result<()> {
    let mut running = JoinSet::new();
    let (mut opened, mut ended) = (0, 0);
    while ended < sessions {
        tokio::select! {
            accepted = listener.accept(), if opened < sessions => {
                let (client, _) = accepted?;
                let connect = tokio::time::timeout(CONNECT, TcpStream::connect(target));
                let server = connect.await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
                tape.keep(opened, Said::Opened);
                running.spawn(pass(client, server, opened, tape.clone()));
                opened += 1;
            }
            Some(_) = running.join_next() => ended += 1,
        }
    }
    Ok(())
}

/// Passes one connection on, both ways, until both sides have ended it.
async fn pass(client: TcpStream, server: TcpStream, connection: usize, tape: Tape) {
    // Both sides wait for each other's lines.
    let _ = client.set_nodelay(true).and_then(|()| server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let there = copy(from_client, to_server, |octets| {
        tape.keep(connection, octets.map_or(Said::ClientClosed, Said::Client));
    });
    let back = copy(from_server, to_client, |octets| {
        tape.keep(connection, octets.map_or(Said::ServerClosed, Said::Server));
    });
    tokio::join!(there, back);
}

/// Copies one way; `keep` gets the octets before they are passed on, so that no answer can be
/// recorded before its question, and `None` at the end.
async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, keep: impl Fn(Option<Vec<u8>>)) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = tokio::time::timeout(IDLE, from.read(&mut buffer)).await;
        let octets = match read {
            Ok(Ok(count)) if count > 0 => buffer.get(..count).unwrap_or_default(),
            _ => break,
        };
        keep(Some(octets.to_vec()));
        if !matches!(tokio::time::timeout(IDLE, to.write_all(octets)).await, Ok(Ok(()))) {
            break;
        }
    }
    keep(None);
    // The other side may be gone already.
    let _ = to.shutdown().await;
}
