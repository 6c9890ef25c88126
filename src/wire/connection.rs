//! One connection, opened by us or accepted: always read, whatever the script waits for.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::{TlsConnector, TlsStream};

use super::channel::TlsChannel;
use super::deflate::{Deflated, NotDeflate};
use super::inbox::{End, Inbox, Take};
use super::recorder::Recorder;
use super::server_tls::ServerTls;
use super::stream::{Begun, Stream};
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
    const fn hears(self) -> Direction {
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

/// Why no connection stands.
#[derive(Debug)]
pub enum ConnectError {
    /// The time is up.
    TimedOut(SocketAddr),
    /// The system refused.
    Refused(SocketAddr, io::Error),
    /// TCP stands and TLS does not.
    Tls(HandshakeError),
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut(address) => write!(f, "no connection to {address} within the time limit"),
            Self::Refused(address, error) => write!(f, "cannot connect to {address}: {error}"),
            Self::Tls(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ConnectError {}

/// Why a TLS handshake failed.
#[derive(Debug)]
pub enum HandshakeError {
    /// The time is up.
    TimedOut,
    /// The connection had ended before, or its reader is gone.
    Closed,
    /// The peers did not agree, with the library's words.
    Failed(io::Error),
}

impl HandshakeError {
    /// Whether it is the certificate that was not trusted: by our authority, or for the name we ask for.
    #[must_use]
    pub fn is_distrust(&self) -> bool {
        let Self::Failed(error) = self else { return false };
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<tokio_rustls::rustls::Error>());
        matches!(inner, Some(tokio_rustls::rustls::Error::InvalidCertificate(_)))
    }
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("no TLS handshake within the time limit"),
            Self::Closed => f.write_str("the connection was closed before the TLS handshake"),
            Self::Failed(error) => {
                write!(f, "the TLS handshake failed: {error}")?;
                let hint = "; `tls` in the profile names the authority to trust and the name to ask for";
                f.write_str(if self.is_distrust() { hint } else { "" })
            }
        }
    }
}

impl std::error::Error for HandshakeError {}

/// Why octets could not be sent.
#[derive(Debug)]
pub enum WriteError {
    /// The peer did not take them within the time limit.
    TimedOut,
    /// The connection is gone.
    Closed(io::Error),
}

impl WriteError {
    /// Why, told of this peer: `the server`, `the client`.
    #[must_use]
    pub fn told_of(&self, peer: &str) -> String {
        match self {
            Self::TimedOut => format!("{peer} did not take what was sent within the time limit"),
            Self::Closed(error) => format!("{peer} took no more octets: {error}"),
        }
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told_of("the server"))
    }
}

impl std::error::Error for WriteError {}

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
    name: String,
    side: Side,
    inbox: Arc<Inbox>,
    recorder: Arc<Recorder>,
    /// `None` once it is closed by us.
    open: Option<Open>,
    encrypted: bool,
    channel: TlsChannel,
    /// How many times octets were sent.
    writes: u64,
}

/// A place in what a connection has received, to which it can be put back.
#[derive(Debug)]
pub struct Mark {
    inbox: Arc<Inbox>,
    taken: usize,
    writes: u64,
}

impl Drop for Mark {
    fn drop(&mut self) {
        self.inbox.release();
    }
}

#[derive(Debug)]
struct Open {
    writer: WriteHalf<Stream>,
    reader: JoinHandle<ReadHalf<Stream>>,
    stop: oneshot::Sender<()>,
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
        let inbox = Arc::new(Inbox::default());
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
        let inbox = Arc::new(Inbox::default());
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
        Mark { taken: self.inbox.keep(), inbox: Arc::clone(&self.inbox), writes: self.writes }
    }

    /// Puts back what was taken since the mark; `false`, and nothing put back, when octets were
    /// sent since then or the mark is another connection's: what came answers another question.
    pub fn rewind(&self, mark: &Mark) -> bool {
        let same = Arc::ptr_eq(&self.inbox, &mark.inbox) && self.writes == mark.writes;
        if same {
            self.inbox.put_back(mark.taken);
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

    /// Upgrades to TLS in place. Octets that came before stay unread where they
    /// are; their number is given, since a plaintext reply behind the answer to
    /// STARTTLS is worth a look.
    ///
    /// # Errors
    /// When there is no handshake by the deadline; the connection is then closed.
    pub async fn start_tls(&mut self, tls: &ClientTls, deadline: Instant) -> Result<usize, HandshakeError> {
        let open = self.open.take().ok_or(HandshakeError::Closed)?;
        let stream = open.stop().await.ok_or(HandshakeError::Closed)?;
        let before = self.inbox.look(|octets, _| octets.len());
        if self.end().is_some() {
            return Err(HandshakeError::Closed);
        }
        let Stream::Plain(tcp) = stream else {
            return Err(HandshakeError::Failed(io::Error::other("TLS is already in use")));
        };
        let stream = match handshake(tcp, tls, deadline, &self.name, &self.recorder).await {
            Ok((stream, channel)) => {
                self.channel = channel;
                stream
            }
            Err(error) => {
                self.recorder.note(&self.name, error.to_string());
                // A server that hangs up in the handshake has closed, whatever TLS makes of that.
                let end = match &error {
                    HandshakeError::Failed(cause) => end_of(cause),
                    HandshakeError::TimedOut | HandshakeError::Closed => End::Tls(error.to_string()),
                };
                self.inbox.finish(end);
                return Err(error);
            }
        };
        self.encrypted = true;
        self.open = Some(Open::start(stream, self.side, &self.name, &self.inbox, &self.recorder));
        Ok(before)
    }

    /// Compresses from here on, both ways. Octets that came and nobody took are taken for
    /// compressed ones. `false` where the connection is gone, or compressed already.
    pub async fn compress(&mut self) -> bool {
        let Some(stream) = self.take_stream().await else { return false };
        let mut arrived = Vec::new();
        self.inbox.look(|octets, _| arrived.extend_from_slice(octets));
        let (stream, done) = match stream {
            Stream::Deflated(_) => (stream, false),
            below => {
                self.inbox.consume(arrived.len());
                (Stream::Deflated(Box::new(Deflated::new(below, arrived))), true)
            }
        };
        self.recorder.note(&self.name, if done { "compressed from here on" } else { "compressed already" });
        self.open = Some(Open::start(stream, self.side, &self.name, &self.inbox, &self.recorder));
        done
    }

    /// Ends the compression both ways; `false` where there is none, or the connection is gone.
    pub async fn decompress(&mut self, deadline: Instant) -> bool {
        let Some(stream) = self.take_stream().await else { return false };
        let (stream, done) = match stream {
            Stream::Deflated(deflated) => {
                let (below, rest) = deflated.into_below(deadline).await;
                self.recorder.note(&self.name, "compressed up to here");
                if !rest.is_empty() {
                    let now = Instant::now();
                    self.recorder.octets(&self.name, self.side.hears(), now, &rest);
                    self.inbox.push(&rest, now);
                }
                (below, true)
            }
            other => (other, false),
        };
        self.open = Some(Open::start(stream, self.side, &self.name, &self.inbox, &self.recorder));
        done
    }

    /// Takes the stream out of the hands of its reader; `None` where it has ended.
    async fn take_stream(&mut self) -> Option<Stream> {
        if self.end().is_some() {
            return None;
        }
        self.open.take()?.stop().await
    }

    /// The server's side of an upgrade to TLS in place. What came unread before belongs to the
    /// handshake: a client begins it as soon as it is told to.
    ///
    /// # Errors
    /// When there is no handshake by the deadline; the connection is then closed.
    pub async fn accept_tls(&mut self, tls: &ServerTls, deadline: Instant) -> Result<(), HandshakeError> {
        let open = self.open.take().ok_or(HandshakeError::Closed)?;
        let Some(Stream::Plain(tcp)) = open.stop().await else { return Err(HandshakeError::Closed) };
        let accepting = tls.acceptor.accept(Begun::new(tcp, self.inbox.drain()));
        let result = match tokio::time::timeout_at(deadline.into(), accepting).await {
            Err(_) => Err(HandshakeError::TimedOut),
            Ok(Err(error)) => Err(HandshakeError::Failed(error)),
            Ok(Ok(stream)) => Ok(TlsStream::Server(stream)),
        };
        match result {
            Ok(stream) => {
                note_version(&stream, &self.name, &self.recorder);
                let stream = Stream::Tls(Box::new(stream));
                self.encrypted = true;
                self.open = Some(Open::start(stream, self.side, &self.name, &self.inbox, &self.recorder));
                Ok(())
            }
            Err(error) => {
                self.recorder.note(&self.name, error.to_string());
                self.inbox.finish(End::Tls(error.to_string()));
                Err(error)
            }
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

impl Open {
    fn start(stream: Stream, side: Side, name: &str, inbox: &Arc<Inbox>, recorder: &Arc<Recorder>) -> Self {
        let (reader, writer) = tokio::io::split(stream);
        let (stop, stopped) = oneshot::channel();
        let task =
            read_all(reader, stopped, (name.to_owned(), side), Arc::clone(inbox), Arc::clone(recorder));
        Self { writer, reader: tokio::spawn(task), stop }
    }

    /// Ends the reader task and puts the stream together again.
    async fn stop(self) -> Option<Stream> {
        let _ = self.stop.send(());
        let reader = self.reader.await.ok()?;
        reader.is_pair_of(&self.writer).then(|| reader.unsplit(self.writer))
    }
}

async fn handshake(
    tcp: TcpStream,
    tls: &ClientTls,
    deadline: Instant,
    name: &str,
    recorder: &Recorder,
) -> Result<(Stream, TlsChannel), HandshakeError> {
    let connector = TlsConnector::from(Arc::clone(&tls.config));
    let connecting = connector.connect(tls.name.clone(), Begun::new(tcp, Vec::new()));
    match tokio::time::timeout_at(deadline.into(), connecting).await {
        Err(_) => Err(HandshakeError::TimedOut),
        Ok(Err(error)) => Err(HandshakeError::Failed(error)),
        Ok(Ok(stream)) => {
            let channel = TlsChannel::of(stream.get_ref().1);
            let stream = TlsStream::Client(stream);
            note_version(&stream, name, recorder);
            Ok((Stream::Tls(Box::new(stream)), channel))
        }
    }
}

fn note_version(stream: &TlsStream<Begun>, name: &str, recorder: &Recorder) {
    let version = stream.get_ref().1.protocol_version();
    let version = version.and_then(|version| version.as_str().map(str::to_owned)).unwrap_or_default();
    recorder.note(name, format!("TLS stands {}", version.replace('_', ".")).trim_end().to_owned());
}

/// Reads until the end or until it is stopped, and gives its half back.
async fn read_all(
    mut reader: ReadHalf<Stream>,
    mut stopped: oneshot::Receiver<()>,
    (name, side): (String, Side),
    inbox: Arc<Inbox>,
    recorder: Arc<Recorder>,
) -> ReadHalf<Stream> {
    let mut chunk = vec![0; 16 * 1024];
    loop {
        let result = tokio::select! {
            biased;
            _ = &mut stopped => return reader,
            result = reader.read(&mut chunk) => result,
        };
        let now = Instant::now();
        let end = match result {
            Ok(0) => End::Closed,
            Ok(count) => {
                let octets = chunk.get(..count).unwrap_or_default();
                recorder.octets(&name, side.hears(), now, octets);
                if inbox.push(octets, now) {
                    continue;
                }
                End::Overflow
            }
            Err(error) => end_of(&error),
        };
        recorder.note(&name, end.told_of(side.peer()));
        inbox.finish(end);
        // The half is kept until we close: dropping it here would not close anything either.
        let _ = (&mut stopped).await;
        return reader;
    }
}

fn end_of(error: &io::Error) -> End {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            End::Reset
        }
        // A server that ends TLS without close_notify has closed all the same.
        io::ErrorKind::UnexpectedEof => End::Closed,
        io::ErrorKind::InvalidData if is_not_deflate(error) => End::Compression(error.to_string()),
        io::ErrorKind::InvalidData => End::Tls(error.to_string()),
        _ => End::Failed(error.to_string()),
    }
}

fn is_not_deflate(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<NotDeflate>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(5)
    }

    async fn pair() -> (Connection, TcpStream, Arc<Recorder>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let recorder = Arc::new(Recorder::new());
        let options = ConnectionOptions { name: "main".to_owned(), tls: None, deadline: soon() };
        let address = listener.local_addr().unwrap();
        let connecting = Connection::open(address, options, Arc::clone(&recorder));
        let (connection, accepted) = tokio::join!(connecting, listener.accept());
        (connection.unwrap(), accepted.unwrap().0, recorder)
    }

    fn all_at_end(octets: &[u8], end: Option<&End>) -> Take<(Vec<u8>, End)> {
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
    async fn a_compressed_connection_says_the_same_in_fewer_octets() {
        let (mut connection, server, _) = pair().await;
        let mut server = Deflated::new(Stream::Plain(server), Vec::new());
        assert!(connection.compress().await && !connection.compress().await);
        let line = b"a1 NOOP ".repeat(1000);
        connection.write(&line, soon()).await.unwrap();
        let mut got = vec![0; line.len()];
        server.read_exact(&mut got).await.unwrap();
        assert_eq!(got, line);
        server.write_all(&line).await.unwrap();
        server.flush().await.unwrap();
        let all = |octets: &[u8], _: Option<&End>| match octets.len() == line.len() {
            true => Take::Done { consumed: octets.len(), item: octets.to_vec() },
            false => Take::More,
        };
        assert_eq!(connection.receive(soon(), all).await, Received::Item(line.clone()));
        let (Stream::Plain(mut server), rest) = server.into_below(soon()).await else { panic!("not plain") };
        assert!(
            rest.is_empty() && connection.decompress(soon()).await && !connection.decompress(soon()).await
        );
        server.write_all(b"* BYE\r\n").await.unwrap();
        drop(server);
        assert_eq!(
            connection.receive(soon(), all_at_end).await,
            Received::Item((b"* BYE\r\n".to_vec(), End::Closed))
        );
    }

    #[tokio::test]
    async fn what_is_not_compressed_is_told_from_what_is() {
        let (mut connection, mut server, _) = pair().await;
        assert!(connection.compress().await);
        // A block of a kind that does not exist (RFC 1951, section 3.2.3).
        server.write_all(b"\x06").await.unwrap();
        let Received::Item((_, end)) = connection.receive(soon(), all_at_end).await else { panic!("no end") };
        assert!(matches!(end, End::Compression(_)), "{end}");
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
