//! A small, tolerant mail client for set-up and look-up: fixtures, probes,
//! cleaning, `eventually`.
//!
//! It judges nothing: what is odd in a reply is taken as well as it can be,
//! and what makes it give up is a [`ClientError`] for a reason.

mod imap;
mod namespaces;
mod pop3;
mod smtp;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::wire::{
    ClientTls, ConnectError, Connection, ConnectionOptions, End, HandshakeError, Received, Recorder, Take,
    WriteError, escape_line, shorten,
};
use std::net::SocketAddr;

pub use imap::{ImapClient, Listed};
pub use pop3::Pop3Client;
pub use smtp::{Dialect, SmtpClient};

/// Octets of one reply that a client is ready to hold.
const MAX_REPLY: usize = 64 * 1024 * 1024;

/// How a client reaches its server.
#[derive(Debug, Clone)]
pub struct Dial {
    /// Where.
    pub address: SocketAddr,
    /// TLS from the first octet on.
    pub implicit_tls: bool,
    /// What TLS needs, now or at STARTTLS.
    pub tls: Option<ClientTls>,
    /// The name it greets with.
    pub client: String,
    /// Time limit of each wait.
    pub within: Duration,
}

/// Why a client gave up.
#[derive(Debug)]
pub enum ClientError {
    /// No connection.
    Connect(ConnectError),
    /// No TLS.
    Handshake(HandshakeError),
    /// Nothing more could be sent.
    Write(WriteError),
    /// No reply within the time limit; what was asked.
    Silent(String),
    /// The connection ended instead of a reply.
    Ended(End),
    /// The server refused; what was asked, and its words.
    Refused(String, String),
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => error.fmt(f),
            Self::Handshake(error) => error.fmt(f),
            Self::Write(error) => error.fmt(f),
            Self::Silent(what) => write!(f, "no reply to {what} within the time limit"),
            Self::Ended(end) => end.fmt(f),
            Self::Refused(what, reply) => write!(f, "{what} was refused: {}", shorten(reply, 200)),
        }
    }
}

impl std::error::Error for ClientError {}

/// A connection that is read line by line.
#[derive(Debug)]
struct Lines {
    connection: Connection,
    dial: Dial,
    /// When the reply to what was sent last must be whole.
    deadline: Instant,
}

impl Lines {
    async fn open(dial: Dial, recorder: Arc<Recorder>, name: &str) -> Result<Self, ClientError> {
        let options = ConnectionOptions {
            name: name.to_owned(),
            tls: if dial.implicit_tls { dial.tls.clone() } else { None },
            deadline: Instant::now() + dial.within,
        };
        let connection =
            Connection::open(dial.address, options, recorder).await.map_err(ClientError::Connect)?;
        let deadline = Instant::now() + dial.within;
        Ok(Self { connection, dial, deadline })
    }

    async fn send(&mut self, octets: &[u8]) -> Result<(), ClientError> {
        self.deadline = Instant::now() + self.dial.within;
        self.connection.write(octets, self.deadline).await.map_err(ClientError::Write)
    }

    /// The next line with its line end.
    async fn line(&mut self, asked: &str) -> Result<Vec<u8>, ClientError> {
        let mut scanned = 0;
        self.take(asked, |octets| {
            let found = octets.get(scanned..).and_then(|rest| rest.iter().position(|octet| *octet == b'\n'));
            let end = found.map(|at| scanned + at + 1);
            scanned = octets.len();
            end
        })
        .await
    }

    /// The next `count` octets.
    async fn octets(&mut self, asked: &str, count: usize) -> Result<Vec<u8>, ClientError> {
        self.take(asked, |octets| (octets.len() >= count).then_some(count)).await
    }

    async fn take(
        &mut self,
        asked: &str,
        mut length: impl FnMut(&[u8]) -> Option<usize>,
    ) -> Result<Vec<u8>, ClientError> {
        // A flood of lines never lets a wait end by itself.
        if Instant::now() >= self.deadline {
            return Err(ClientError::Silent(asked.to_owned()));
        }
        let received = self
            .connection
            .receive(self.deadline, |octets, end| match (length(octets), end) {
                (Some(count), _) => {
                    let item = Ok(octets.get(..count).unwrap_or_default().to_vec());
                    Take::Done { consumed: count, item }
                }
                (None, Some(end)) => Take::Done { consumed: 0, item: Err(end.clone()) },
                (None, None) => Take::More,
            })
            .await;
        match received {
            Received::Item(Ok(octets)) => Ok(octets),
            Received::Item(Err(end)) => Err(ClientError::Ended(end)),
            Received::TimedOut => Err(ClientError::Silent(asked.to_owned())),
        }
    }

    async fn start_tls(&mut self) -> Result<(), ClientError> {
        let Some(tls) = self.dial.tls.clone() else {
            return Err(ClientError::Refused("STARTTLS".to_owned(), "the target has no TLS".to_owned()));
        };
        let deadline = Instant::now() + self.dial.within;
        self.connection.start_tls(&tls, deadline).await.map(|_| ()).map_err(ClientError::Handshake)
    }
}

fn refused(asked: &str, reply: &[u8]) -> ClientError {
    ClientError::Refused(asked.to_owned(), escape_line(reply))
}

/// The lines of a message with every line end as CRLF, dots stuffed, and the
/// final dot (RFC 5321, section 4.5.2; RFC 1939, section 3).
#[must_use]
pub fn dot_stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 8);
    let mut at_line_start = true;
    let mut previous = 0;
    for &octet in message {
        if at_line_start && octet == b'.' {
            out.push(b'.');
        }
        out.push(octet);
        at_line_start = octet == b'\n' && previous == b'\r';
        previous = octet;
    }
    if !at_line_start {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}

#[cfg(test)]
mod tests {
    use super::dot_stuffed;

    #[test]
    fn a_dot_is_doubled_only_at_the_start_of_a_line() {
        assert_eq!(dot_stuffed(b".a\r\nb.\r\n..\r\n"), b"..a\r\nb.\r\n...\r\n.\r\n");
        assert_eq!(dot_stuffed(b"a\n.b"), b"a\n.b\r\n.\r\n");
        assert_eq!(dot_stuffed(b""), b".\r\n");
    }
}
