//! One connection, opened by us or accepted: always read, whatever the script waits for.
//!
//! TLS and compression, which come in place, are put on in `layers`.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::channel::TlsChannel;
use super::failure::{ConnectError, WriteError};
use super::inbox::{End, Inbox, Kept, Take};
use super::layers::handshake;
use super::reader::Open;
use super::recorder::Recorder;
use super::stream::Stream;
use super::tls::ClientTls;
use crate::outcome::Direction;

/// How long a farewell may take: the case is over, nobody waits for it.
const CLOSE_TIME: Duration = Duration::from_millis(500);

/// Which side of a connection is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// We opened it.
    Client,
    /// We accepted it.
    Server,
}

impl Side {
    /// The other side, for people.
    #[must_use]
    pub const fn peer(self) -> &'static str {
        match self {
            Self::Client => "the server",
            Self::Server => "the client",
        }
    }

    /// Our side, for people.
    const fn own(self) -> &'static str {
        match self {
            Self::Client => "the client",
            Self::Server => "the server",
        }
    }

    /// What the transcript calls what we send.
    const fn sends(self) -> Direction {
        match self {
            Self::Client => Direction::Client,
            Self::Server => Direction::Server,
        }
    }

    /// What the transcript calls what arrives.
    pub(super) const fn hears(self) -> Direction {
        match self {
            Self::Client => Direction::Server,
            Self::Server => Direction::Client,
        }
    }
}

/// What a connection needs beside an address.
#[derive(Debug, Clone)]
pub struct ConnectionOptions {
    /// Its name in the transcript.
    pub name: String,
    /// TLS from the first octet on.
    pub tls: Option<ClientTls>,
    /// Until when it must stand.
    pub deadline: Instant,
}

/// How a wait ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received<T> {
    /// What was waited for.
    Item(T),
    /// The time is up.
    TimedOut,
}

/// A connection.
#[derive(Debug)]
pub struct Connection {
    pub(super) name: String,
    pub(super) side: Side,
    pub(super) inbox: Arc<Inbox>,
    pub(super) recorder: Arc<Recorder>,
    /// `None` once it is closed by us.
    pub(super) open: Option<Open>,
    pub(super) encrypted: bool,
    pub(super) channel: TlsChannel,
    /// How many times octets were sent.
    writes: u64,
}

/// A place in what a connection has received, to which it can be put back.
#[derive(Debug)]
pub struct Mark {
    inbox: Arc<Inbox>,
    kept: Kept,
    writes: u64,
}

impl Drop for Mark {
    fn drop(&mut self) {
        self.inbox.release();
    }
}

impl Connection {
    /// Connects, and begins to read.
    ///
    /// # Errors
    /// When it does not stand by the deadline.
    pub async fn open(
        address: SocketAddr,
        options: ConnectionOptions,
        recorder: Arc<Recorder>,
    ) -> Result<Self, ConnectError> {
        let ConnectionOptions { name, tls, deadline } = options;
        let tcp = match tokio::time::timeout_at(deadline.into(), TcpStream::connect(address)).await {
            Err(_) => return Err(ConnectError::TimedOut(address)),
            Ok(Err(error)) => return Err(ConnectError::Refused(address, error)),
            Ok(Ok(tcp)) => tcp,
        };
        // What the script sends in two steps must reach the server as two packets, at once.
        let _ = tcp.set_nodelay(true);
        recorder.note(&name, format!("connected to {address}"));
        let mut encrypted = false;
        let (stream, channel) = match tls {
            None => (Stream::Plain(tcp), TlsChannel::default()),
            Some(tls) => {
                encrypted = true;
                handshake(tcp, &tls, deadline, &name, &recorder).await.map_err(ConnectError::Tls)?
            }
        };
        let inbox = Arc::new(Inbox::intercepted(recorder.interceptor(), &name));
        let open = Open::start(stream, Side::Client, &name, &inbox, &recorder);
        Ok(Self {
            name,
            side: Side::Client,
            inbox,
            recorder,
            open: Some(open),
            encrypted,
            channel,
            writes: 0,
        })
    }

    /// A connection that was accepted; begins to read.
    #[must_use]
    pub fn accepted(tcp: TcpStream, name: String, recorder: Arc<Recorder>) -> Self {
        let _ = tcp.set_nodelay(true);
        let from = tcp.peer_addr().map_or_else(|_| "nowhere".to_owned(), |address| address.to_string());
        recorder.note(&name, format!("a connection from {from}"));
        let inbox = Arc::new(Inbox::intercepted(recorder.interceptor(), &name));
        let open = Open::start(Stream::Plain(tcp), Side::Server, &name, &inbox, &recorder);
        Self {
            name,
            side: Side::Server,
            inbox,
            recorder,
            open: Some(open),
            encrypted: false,
            channel: TlsChannel::default(),
            writes: 0,
        }
    }

    /// Which side of it is ours.
    #[must_use]
    pub const fn side(&self) -> Side {
        self.side
    }

    /// Its name in the transcript.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it runs over TLS.
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// What TLS says of it; nothing of a plaintext one.
    #[must_use]
    pub fn channel(&self) -> TlsChannel {
        self.channel.clone()
    }

    /// How the other side ended, when it did.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        self.inbox.look(|_, end| end.cloned())
    }

    /// When the last octets came.
    #[must_use]
    pub fn last_arrival(&self) -> Option<Instant> {
        self.inbox.last_arrival()
    }

    /// Shows the unread octets and the end, if there is one; takes nothing.
    pub fn look<T>(&self, look: impl FnOnce(&[u8], Option<&End>) -> T) -> T {
        self.inbox.look(look)
    }

    /// Asks `take` at once and at each arrival, until it is done or the deadline has passed.
    pub async fn receive<T>(
        &self,
        deadline: Instant,
        take: impl FnMut(&[u8], Option<&End>) -> Take<T>,
    ) -> Received<T> {
        match self.inbox.wait(deadline, take).await {
            Some(item) => Received::Item(item),
            None => Received::TimedOut,
        }
    }

    /// Remembers this place: what is taken from here on can be put back as long as the mark lives.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark { kept: self.inbox.keep(), inbox: Arc::clone(&self.inbox), writes: self.writes }
    }

    /// Puts back what was taken since the mark; `false`, and nothing put back, when octets were
    /// sent since then or the mark is another connection's: what came answers another question.
    pub fn rewind(&self, mark: &Mark) -> bool {
        let same = Arc::ptr_eq(&self.inbox, &mark.inbox) && self.writes == mark.writes;
        if same {
            self.inbox.put_back(mark.kept);
        }
        same
    }

    /// Sends octets, all of them in one write where the system takes them.
    ///
    /// # Errors
    /// When the connection is gone, or the server takes nothing until the deadline.
    pub async fn write(&mut self, octets: &[u8], deadline: Instant) -> Result<(), WriteError> {
        let Some(open) = self.open.as_mut() else {
            return Err(WriteError::Closed(io::Error::from(io::ErrorKind::NotConnected)));
        };
        self.writes += 1;
        // Recorded before the write: a reply can be read before the write returns.
        self.recorder.octets(&self.name, self.side.sends(), Instant::now(), octets);
        let write = async {
            open.writer.write_all(octets).await?;
            open.writer.flush().await
        };
        match tokio::time::timeout_at(deadline.into(), write).await {
            Err(_) => Err(WriteError::TimedOut),
            Ok(Err(error)) => Err(WriteError::Closed(error)),
            Ok(Ok(())) => Ok(()),
        }
    }

    /// Closes the TCP connection at once, without any farewell.
    pub async fn drop_now(&mut self) {
        if let Some(open) = self.open.take() {
            self.recorder.note(&self.name, format!("dropped by {}", self.side.own()));
            drop(open.stop().await);
        }
    }

    /// Says that nothing more will be sent (TLS close_notify, FIN) and goes on reading.
    ///
    /// # Errors
    /// When the connection is gone, or it cannot be said until the deadline.
    pub async fn half_close(&mut self, deadline: Instant) -> Result<(), WriteError> {
        let Some(open) = self.open.as_mut() else {
            return Err(WriteError::Closed(io::Error::from(io::ErrorKind::NotConnected)));
        };
        self.recorder.note(&self.name, format!("half-closed by {}", self.side.own()));
        match tokio::time::timeout_at(deadline.into(), open.writer.shutdown()).await {
            Err(_) => Err(WriteError::TimedOut),
            Ok(Err(error)) => Err(WriteError::Closed(error)),
            Ok(Ok(())) => Ok(()),
        }
    }

    /// Closes the TCP connection at once by a reset (RFC 9293, section 3.10.4, ABORT).
    pub async fn reset(&mut self) {
        if let Some(open) = self.open.take() {
            self.recorder.note(&self.name, format!("reset by {}", self.side.own()));
            if let Some(stream) = open.stop().await {
                // Where the system does not know it, an ordinary close is the next best.
                let _ = stream.tcp().set_zero_linger();
            }
        }
    }

    /// Closes in good order: TLS close_notify and FIN, bounded in time.
    pub async fn close(&mut self) {
        if let Some(mut open) = self.open.take() {
            let _ = tokio::time::timeout(CLOSE_TIME, open.writer.shutdown()).await;
            self.recorder.note(&self.name, format!("closed by {}", self.side.own()));
            drop(open.stop().await);
        }
    }

    /// Whether we have not closed it yet.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.open.is_some()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(open) = self.open.take() {
            open.reader.abort();
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use tokio::io::AsyncReadExt as _;
    use tokio::net::TcpListener;

    use super::*;

    pub(in crate::wire) fn soon() -> Instant {
        Instant::now() + Duration::from_secs(5)
    }

    pub(in crate::wire) async fn pair() -> (Connection, TcpStream, Arc<Recorder>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let recorder = Arc::new(Recorder::new());
        let options = ConnectionOptions { name: "main".to_owned(), tls: None, deadline: soon() };
        let address = listener.local_addr().unwrap();
        let connecting = Connection::open(address, options, Arc::clone(&recorder));
        let (connection, accepted) = tokio::join!(connecting, listener.accept());
        (connection.unwrap(), accepted.unwrap().0, recorder)
    }

    pub(in crate::wire) fn all_at_end(octets: &[u8], end: Option<&End>) -> Take<(Vec<u8>, End)> {
        match end {
            Some(end) => Take::Done { consumed: octets.len(), item: (octets.to_vec(), end.clone()) },
            None => Take::More,
        }
    }

    #[tokio::test]
    async fn what_came_before_the_close_is_kept() {
        let (connection, mut server, recorder) = pair().await;
        server.write_all(b"+OK bye").await.unwrap();
        drop(server);
        let got = connection.receive(soon(), all_at_end).await;
        assert_eq!(got, Received::Item((b"+OK bye".to_vec(), End::Closed)));
        let texts: Vec<String> = recorder.lines().into_iter().map(|line| line.text).collect();
        assert_eq!(texts.get(1).map(String::as_str), Some("+OK bye"), "{texts:?}");
        assert!(texts.last().unwrap().contains("closed"), "{texts:?}");
    }

    #[tokio::test]
    async fn a_reset_is_told_from_a_close() {
        let (connection, server, _) = pair().await;
        server.set_zero_linger().unwrap();
        drop(server);
        let got = connection.receive(soon(), all_at_end).await;
        assert_eq!(got, Received::Item((Vec::new(), End::Reset)));
    }

    #[tokio::test]
    async fn a_reset_and_a_half_close_are_seen_as_such() {
        let (mut connection, mut server, _) = pair().await;
        connection.half_close(soon()).await.unwrap();
        let mut got = Vec::new();
        tokio::time::timeout(Duration::from_secs(5), server.read_to_end(&mut got)).await.unwrap().unwrap();
        server.write_all(b"still heard").await.unwrap();
        drop(server);
        let got = connection.receive(soon(), all_at_end).await;
        assert_eq!(got, Received::Item((b"still heard".to_vec(), End::Closed)));
        let (mut connection, mut server, _) = pair().await;
        connection.reset().await;
        let mut got = [0; 8];
        let read = tokio::time::timeout(Duration::from_secs(5), server.read(&mut got)).await.unwrap();
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    }

    #[tokio::test]
    async fn what_was_taken_since_a_mark_can_be_put_back() {
        let (mut connection, mut server, _) = pair().await;
        let three = |octets: &[u8], _: Option<&End>| match octets.get(..3) {
            Some(head) => Take::Done { consumed: 3, item: head.to_vec() },
            None => Take::More,
        };
        server.write_all(b"abcdef").await.unwrap();
        assert_eq!(connection.receive(soon(), three).await, Received::Item(b"abc".to_vec()));
        let mark = connection.mark();
        assert_eq!(connection.receive(soon(), three).await, Received::Item(b"def".to_vec()));
        assert!(connection.rewind(&mark));
        assert_eq!(connection.receive(soon(), three).await, Received::Item(b"def".to_vec()));
        connection.write(b"x", soon()).await.unwrap();
        assert!(!connection.rewind(&mark));
    }

    #[tokio::test]
    async fn a_drop_is_seen_by_the_server_at_once() {
        let (mut connection, mut server, _) = pair().await;
        connection.write(b"STAT\r\n", soon()).await.unwrap();
        connection.drop_now().await;
        let mut got = Vec::new();
        tokio::time::timeout(Duration::from_secs(5), server.read_to_end(&mut got)).await.unwrap().unwrap();
        assert_eq!(got, b"STAT\r\n");
        assert!(connection.write(b"x", soon()).await.is_err());
    }

    #[tokio::test]
    async fn a_server_that_takes_nothing_ends_a_write_by_its_deadline() {
        let (mut connection, _server, _) = pair().await;
        let block = vec![b'x'; 32 * 1024 * 1024];
        let result = connection.write(&block, Instant::now() + Duration::from_millis(200)).await;
        assert!(matches!(result, Err(WriteError::TimedOut)), "{result:?}");
    }
}
