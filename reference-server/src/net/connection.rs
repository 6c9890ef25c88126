//! A connection as sessions use it: bounded lines in, batched replies out, a deadline on
//! every wait. What the octets mean is the protocols' affair.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsAcceptor;

use super::deflate::{Deflate, is_residue};
use super::transport::{Stream, Transport};
use crate::channel::Channel;
use crate::limits::Timeouts;

/// Octets taken from the stream at once.
const CHUNK: usize = 16 * 1024;
/// Octets of output that are held back before they are sent.
const HIGH_WATER: usize = 64 * 1024;
/// After the last reply: how long, and how much, the peer may still send before the close.
/// A socket closed with input unread resets the connection, which can take the reply along.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_OCTETS: usize = 1024 * 1024;
/// The same when the server itself ends, and somebody waits for that.
const LINGER_AT_END: Duration = Duration::from_millis(100);

/// What becomes of input that came before the handshake; a deviation can have it kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Early {
    /// It is forgotten.
    Forgotten,
    /// It is taken for input of the protected session.
    Kept,
}

/// Why no more input comes.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// The peer closed the connection.
    Closed,
    /// The deadline passed.
    Timeout,
    /// The server is shutting down: say so and close.
    ShuttingDown,
    /// The connection failed.
    Io(io::Error),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What [`Connection::read_line`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line {
    /// A line, without its CRLF. Only CRLF ends a line: a bare CR or LF stands in it.
    Complete(Vec<u8>),
    /// A line over the limit; it has been dropped up to its CRLF.
    TooLong,
}

/// A connection, generic over what it runs over.
pub(crate) struct Connection<S> {
    transport: Transport<S>,
    /// The compression above the transport, while there is one.
    deflate: Option<Box<Deflate>>,
    /// Compression has ended, and nothing came since then.
    behind_deflate: bool,
    input: Vec<u8>,
    /// How much of `input` has been used.
    used: usize,
    output: Vec<u8>,
    idle: Duration,
    write: Duration,
    handshake: Duration,
    shutdown: watch::Receiver<bool>,
}

impl<S: Stream> Connection<S> {
    /// A connection over a plain stream. `idle` is the longest wait for a command; when
    /// `shutdown` turns true (or its sender is gone), reads end with
    /// [`ReadError::ShuttingDown`].
    pub(crate) fn new(
        stream: S,
        idle: Duration,
        timeouts: &Timeouts,
        shutdown: watch::Receiver<bool>,
    ) -> Self {
        Self {
            transport: Transport::Plain(stream),
            deflate: None,
            behind_deflate: false,
            input: Vec::new(),
            used: 0,
            output: Vec::new(),
            idle,
            write: timeouts.write,
            handshake: timeouts.handshake,
            shutdown,
        }
    }

    /// Is the connection under TLS?
    pub(crate) fn channel(&self) -> Channel {
        self.transport.channel()
    }

    /// Is it under TLS?
    pub(crate) fn is_tls(&self) -> bool {
        self.transport.is_tls()
    }

    /// Input that has arrived and has not been used.
    pub(crate) fn buffered(&self) -> &[u8] {
        self.input.get(self.used..).unwrap_or_default()
    }

    /// Marks the first `count` octets of [`Connection::buffered`] as used.
    pub(crate) fn consume(&mut self, count: usize) {
        self.used = self.used.saturating_add(count).min(self.input.len());
        if self.used == self.input.len() {
            self.input.clear();
            self.used = 0;
        }
    }

    /// Sends what is held back, then waits until more input has arrived. May be cancelled
    /// while it waits for input without losing any.
    pub(crate) async fn fill(&mut self) -> Result<(), ReadError> {
        self.fill_until(Instant::now() + self.idle).await
    }

    async fn fill_until(&mut self, deadline: Instant) -> Result<(), ReadError> {
        self.flush().await?;
        if self.used > 0 {
            self.input.drain(..self.used);
            self.used = 0;
        }
        loop {
            let into = match &mut self.deflate {
                None => &mut self.input,
                Some(deflate) => {
                    if deflate.inflate(&mut self.input)? {
                        return Ok(());
                    }
                    deflate.raw()
                }
            };
            into.reserve(CHUNK);
            let shutdown = &mut self.shutdown;
            let read = self.transport.read_buf(into);
            let count = tokio::select! {
                biased;
                read = timeout_at(deadline, read) => read.map_err(|_| ReadError::Timeout)??,
                () = ending(shutdown) => return Err(ReadError::ShuttingDown),
            };
            if count == 0 {
                return Err(ReadError::Closed);
            }
            if self.deflate.is_none() {
                self.skip_residue();
                return Ok(());
            }
        }
    }

    fn skip_residue(&mut self) {
        if self.behind_deflate {
            let residue = self.buffered().iter().take_while(|octet| is_residue(**octet)).count();
            self.consume(residue);
            self.behind_deflate = self.buffered().is_empty();
        }
    }

    /// The next line of at most `limit` octets, CRLF included. Replies that are held back
    /// are sent before it waits, so that a batch of pipelined commands has one batch of
    /// replies (RFC 2920, section 3.2).
    pub(crate) async fn read_line(&mut self, limit: usize) -> Result<Line, ReadError> {
        let deadline = Instant::now() + self.idle;
        let mut searched = 0;
        let mut dropping = false;
        loop {
            let buffered = self.buffered();
            let from = searched;
            if let Some(found) = find_crlf(buffered.get(from..).unwrap_or_default()) {
                let length = from + found;
                let line = buffered.get(..length).unwrap_or_default().to_vec();
                self.consume(length + 2);
                return Ok(if dropping || length + 2 > limit { Line::TooLong } else { Line::Complete(line) });
            }
            // The last octet may be the CR of a CRLF.
            searched = buffered.len().saturating_sub(1);
            if buffered.len() > limit {
                dropping = true;
                self.consume(searched);
                searched = 0;
            }
            self.fill_until(deadline).await?;
        }
    }

    /// Takes output; it is sent by the next flush or wait for input. For short replies.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.output.extend_from_slice(bytes);
    }

    /// Takes output, and sends it when much of it has gathered: a slow peer slows the
    /// session down, and does not fill the memory.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        for part in bytes.chunks(HIGH_WATER) {
            self.output.extend_from_slice(part);
            if self.output.len() >= HIGH_WATER {
                self.flush().await?;
            }
        }
        Ok(())
    }

    /// Sends what is held back.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        if self.output.is_empty() {
            return Ok(());
        }
        let output = match &mut self.deflate {
            None => &self.output,
            Some(deflate) => deflate.deflate(&self.output)?,
        };
        let sending = async {
            self.transport.write_all(output).await?;
            self.transport.flush().await
        };
        timeout(self.write, sending).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        self.output.clear();
        if self.output.capacity() > HIGH_WATER * 4 {
            self.output.shrink_to(HIGH_WATER);
        }
        Ok(())
    }

    /// Sends what is held back, forgets input that came before the handshake (it may be an
    /// attacker's; RFC 3207, section 4.2), and puts the connection under TLS.
    pub(crate) async fn start_tls(&mut self, acceptor: &TlsAcceptor, early: Early) -> io::Result<()> {
        self.flush().await?;
        if early == Early::Forgotten {
            self.input.clear();
            self.used = 0;
        }
        timeout(self.handshake, self.transport.upgrade(acceptor))
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }

    /// Sends what is held back, and compresses from here on in both directions (RFC 4978, section
    /// 3). What has come and is not used is compressed already.
    pub(crate) async fn compress(&mut self) -> io::Result<()> {
        self.flush().await?;
        let mut deflate = Box::new(Deflate::new());
        deflate.raw().extend_from_slice(self.buffered());
        self.consume(usize::MAX);
        self.deflate = Some(deflate);
        Ok(())
    }

    /// Sends what is held back, and ends the compression in both directions (RFC 8437, section
    /// 4.1). What has come behind the peer's last flush is not compressed.
    pub(crate) async fn decompress(&mut self) -> io::Result<()> {
        self.flush().await?;
        if let Some(deflate) = self.deflate.take() {
            self.input.extend_from_slice(&deflate.end());
            self.behind_deflate = true;
            self.skip_residue();
        }
        Ok(())
    }

    /// Is it compressed?
    pub(crate) fn is_compressed(&self) -> bool {
        self.deflate.is_some()
    }

    /// Sends what is held back and closes, so that the peer can read all of it.
    pub(crate) async fn close(mut self) {
        if self.flush().await.is_err() {
            return;
        }
        let linger = if *self.shutdown.borrow() { LINGER_AT_END } else { LINGER };
        let farewell = async {
            self.transport.shutdown().await?;
            let mut left = LINGER_OCTETS;
            while left > 0 {
                self.input.clear();
                match self.transport.read_buf(&mut self.input).await? {
                    0 => break,
                    count => left = left.saturating_sub(count),
                }
            }
            io::Result::Ok(())
        };
        // The peer may be gone already; there is nobody left to tell.
        let _ = timeout(linger, farewell).await;
    }
}

/// Waits until the server shuts down.
pub(crate) async fn ending(shutdown: &mut watch::Receiver<bool>) {
    // An error means that the server itself is gone. The guard must not live on.
    drop(shutdown.wait_for(|ending| *ending).await);
}

fn find_crlf(bytes: &[u8]) -> Option<usize> {
    bytes.windows(2).position(|pair| pair == b"\r\n")
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

    use super::*;

    fn pair() -> (Connection<DuplexStream>, DuplexStream, watch::Sender<bool>) {
        let (ours, theirs) = tokio::io::duplex(64);
        let (ending, shutdown) = watch::channel(false);
        let connection = Connection::new(ours, Duration::from_secs(60), &Timeouts::default(), shutdown);
        (connection, theirs, ending)
    }

    fn complete(text: &str) -> Line {
        Line::Complete(text.as_bytes().to_vec())
    }

    #[tokio::test]
    async fn only_crlf_ends_a_line() {
        let (mut connection, mut peer, _ending) = pair();
        peer.write_all(b"a\nb\rc\r\nNOOP\r\n").await.unwrap();
        assert_eq!(connection.read_line(100).await.unwrap(), complete("a\nb\rc"));
        assert_eq!(connection.read_line(100).await.unwrap(), complete("NOOP"));
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_dropped_and_the_next_one_is_read() {
        let (mut connection, mut peer, _ending) = pair();
        let sending = tokio::spawn(async move {
            peer.write_all(&[b'x'; 5000]).await.unwrap();
            peer.write_all(b"\r\n12345678\r\n").await.unwrap();
            peer
        });
        assert_eq!(connection.read_line(10).await.unwrap(), Line::TooLong);
        assert_eq!(connection.read_line(10).await.unwrap(), complete("12345678"));
        let mut peer = sending.await.unwrap();
        peer.write_all(b"123456789\r\n").await.unwrap();
        assert_eq!(connection.read_line(10).await.unwrap(), Line::TooLong);
    }

    #[tokio::test]
    async fn a_crlf_in_two_halves_is_found() {
        let (mut connection, mut peer, _ending) = pair();
        peer.write_all(b"half\r").await.unwrap();
        let reading = tokio::spawn(async move { connection.read_line(100).await.unwrap() });
        tokio::task::yield_now().await;
        peer.write_all(b"\n").await.unwrap();
        assert_eq!(reading.await.unwrap(), complete("half"));
    }

    #[tokio::test]
    async fn held_output_is_sent_before_waiting() {
        let (mut connection, mut peer, _ending) = pair();
        connection.push(b"250 one\r\n");
        connection.push(b"250 two\r\n");
        let reading = tokio::spawn(async move { connection.read_line(100).await });
        let mut replies = [0; 18];
        peer.read_exact(&mut replies).await.unwrap();
        assert_eq!(&replies, b"250 one\r\n250 two\r\n");
        drop(peer);
        assert!(matches!(reading.await.unwrap(), Err(ReadError::Closed)));
    }

    #[tokio::test]
    async fn shutdown_ends_a_wait() {
        let (mut connection, _peer, ending) = pair();
        ending.send(true).unwrap();
        assert!(matches!(connection.read_line(100).await, Err(ReadError::ShuttingDown)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_dribbling_peer_runs_into_the_deadline() {
        let (mut connection, mut peer, _ending) = pair();
        let dribble = tokio::spawn(async move {
            while peer.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(7)).await;
            }
        });
        assert!(matches!(connection.read_line(1000).await, Err(ReadError::Timeout)));
        drop(connection);
        dribble.await.unwrap();
    }
}
