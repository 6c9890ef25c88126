//! The compression layer of a connection (RFC 4978): raw DEFLATE both ways over the stream below.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

use super::stream::Stream;

/// Octets read from below at once.
const CHUNK: usize = 16 * 1024;

/// What a flush leaves at its end (RFC 1951, section 3.2.4: the length of an empty stored block, and
/// its complement).
const FLUSH_MARK: [u8; 4] = [0, 0, 0xff, 0xff];

/// A compressed stream over another.
#[derive(Debug)]
pub(crate) struct Deflated {
    below: Stream,
    inflate: Decompress,
    deflate: Compress,
    /// What came and is not inflated yet; the first `used` octets of it are.
    raw: Vec<u8>,
    used: usize,
    /// The last octets that were inflated.
    tail: [u8; 4],
    /// Whether the peer has ended its stream.
    ended: bool,
    /// What is compressed and not sent yet; the first `sent` octets of it are.
    packed: Vec<u8>,
    sent: usize,
}

impl Deflated {
    /// Compressed from here on; `arrived` are compressed octets that were read already.
    pub(crate) fn new(below: Stream, arrived: Vec<u8>) -> Self {
        Self {
            below,
            inflate: Decompress::new(false),
            deflate: Compress::new(Compression::default(), false),
            raw: arrived,
            used: 0,
            tail: [0xff; 4],
            ended: false,
            packed: Vec::new(),
            sent: 0,
        }
    }

    /// The stream below.
    pub(crate) const fn below(&self) -> &Stream {
        &self.below
    }

    /// The stream below, and what came behind the end of the compression: the peer's last flush,
    /// or the end of its stream. What is missing of that is waited for until the deadline.
    pub(crate) async fn into_below(mut self, deadline: Instant) -> (Stream, Vec<u8>) {
        while !self.ended && self.tail != FLUSH_MARK {
            let mut octet = [0];
            let read = tokio::time::timeout_at(deadline.into(), self.read(&mut octet)).await;
            if !matches!(read, Ok(Ok(1..))) {
                break;
            }
        }
        self.raw.drain(..self.used);
        (self.below, self.raw)
    }

    /// Inflates into `buffer`; whether anything came of it, or the peer has ended its stream.
    fn inflate(&mut self, buffer: &mut ReadBuf<'_>) -> io::Result<bool> {
        loop {
            let rest = self.raw.get(self.used..).unwrap_or_default();
            // Not beyond a flush at once: the compression may end there.
            let flush = rest.windows(FLUSH_MARK.len()).position(|four| four == FLUSH_MARK);
            let rest = flush.and_then(|at| rest.get(..at + FLUSH_MARK.len())).unwrap_or(rest);
            let (octets_in, octets_out) = (self.inflate.total_in(), self.inflate.total_out());
            let space = buffer.initialize_unfilled();
            let status = self.inflate.decompress(rest, space, FlushDecompress::None).map_err(garbled)?;
            let count = |now: u64, before: u64| usize::try_from(now - before).unwrap_or(usize::MAX);
            let used = count(self.inflate.total_in(), octets_in);
            let given = count(self.inflate.total_out(), octets_out);
            for octet in rest.iter().take(used) {
                self.tail.rotate_left(1);
                self.tail[3] = *octet;
            }
            self.used = self.used.saturating_add(used).min(self.raw.len());
            self.ended |= status == Status::StreamEnd;
            buffer.advance(given.min(buffer.remaining()));
            if given > 0 || status == Status::StreamEnd {
                return Ok(true);
            }
            if used == 0 {
                return Ok(false);
            }
        }
    }

    /// Compresses up to a flush, so that the peer can read all of it.
    fn pack(&mut self, octets: &[u8]) -> io::Result<()> {
        let start = self.deflate.total_in();
        loop {
            let done = usize::try_from(self.deflate.total_in() - start).unwrap_or(usize::MAX);
            let rest = octets.get(done..).unwrap_or_default();
            self.packed.reserve(rest.len() / 2 + 1024);
            self.deflate.compress_vec(rest, &mut self.packed, FlushCompress::Sync).map_err(garbled)?;
            let all_taken =
                u64::try_from(octets.len()).is_ok_and(|all| self.deflate.total_in() - start == all);
            if all_taken && self.packed.len() < self.packed.capacity() {
                return Ok(());
            }
        }
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.sent < self.packed.len() {
            let rest = self.packed.get(self.sent..).unwrap_or_default();
            match ready!(Pin::new(&mut self.below).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.sent = self.sent.saturating_add(count),
            }
        }
        self.packed.clear();
        self.sent = 0;
        Poll::Ready(Ok(()))
    }
}

fn garbled(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, NotDeflate(error.to_string()))
}

/// What came is no DEFLATE, with the library's words.
#[derive(Debug)]
pub(crate) struct NotDeflate(String);

impl std::fmt::Display for NotDeflate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotDeflate {}

impl AsyncRead for Deflated {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while !this.inflate(buffer)? {
            this.raw.drain(..this.used);
            this.used = 0;
            let mut chunk = vec![0; CHUNK];
            let mut read = ReadBuf::new(&mut chunk);
            ready!(Pin::new(&mut this.below).poll_read(cx, &mut read))?;
            if read.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.raw.extend_from_slice(read.filled());
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Deflated {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_send(cx))?;
        this.pack(octets)?;
        Poll::Ready(Ok(octets.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_send(cx))?;
        Pin::new(&mut this.below).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_send(cx))?;
        Pin::new(&mut this.below).poll_shutdown(cx)
    }
}
