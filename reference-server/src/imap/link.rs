//! The connection under a session, whatever it runs over: the few operations that sessions need,
//! as an object, so that commands need not be generic.

use std::future::Future;
use std::io;
use std::pin::Pin;

use tokio_rustls::TlsAcceptor;

use crate::channel::Channel;
use crate::net::{Connection, Early, ReadError, Stream};

/// A future in a box.
pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A connection; see [`Connection`] for what each operation does.
pub(crate) trait Link: Send {
    /// Input that has arrived and has not been used.
    fn buffered(&self) -> &[u8];
    /// Marks input as used.
    fn consume(&mut self, count: usize);
    /// Sends what is held back, then waits for more input; where nothing is held back it can be
    /// cancelled.
    fn fill(&mut self) -> Boxed<'_, Result<(), ReadError>>;
    /// Takes output, and sends it when much has gathered.
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Boxed<'a, io::Result<()>>;
    /// Sends what is held back; must not be cancelled.
    fn flush(&mut self) -> Boxed<'_, io::Result<()>>;
    /// Takes a short piece of output.
    fn push(&mut self, bytes: &[u8]);
    /// Forgets input, and puts the connection under TLS.
    fn start_tls<'a>(&'a mut self, acceptor: &'a TlsAcceptor, early: Early) -> Boxed<'a, io::Result<()>>;
    /// Whether the connection is under TLS.
    fn is_tls(&self) -> bool;
    /// What TLS says of the connection.
    fn channel(&self) -> Channel;
    /// Compresses from here on, both ways.
    fn compress(&mut self) -> Boxed<'_, io::Result<()>>;
    /// Ends the compression, both ways.
    fn decompress(&mut self) -> Boxed<'_, io::Result<()>>;
    /// Whether the connection is compressed.
    fn is_compressed(&self) -> bool;
    /// Sends what is held back and closes.
    fn close<'a>(self: Box<Self>) -> Boxed<'a, ()>
    where
        Self: 'a;
}

impl<S: Stream> Link for Connection<S> {
    fn buffered(&self) -> &[u8] {
        Connection::buffered(self)
    }

    fn consume(&mut self, count: usize) {
        Connection::consume(self, count);
    }

    fn fill(&mut self) -> Boxed<'_, Result<(), ReadError>> {
        Box::pin(Connection::fill(self))
    }

    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Boxed<'a, io::Result<()>> {
        Box::pin(Connection::write(self, bytes))
    }

    fn flush(&mut self) -> Boxed<'_, io::Result<()>> {
        Box::pin(Connection::flush(self))
    }

    fn push(&mut self, bytes: &[u8]) {
        Connection::push(self, bytes);
    }

    fn start_tls<'a>(&'a mut self, acceptor: &'a TlsAcceptor, early: Early) -> Boxed<'a, io::Result<()>> {
        Box::pin(Connection::start_tls(self, acceptor, early))
    }

    fn is_tls(&self) -> bool {
        Connection::is_tls(self)
    }

    fn channel(&self) -> Channel {
        Connection::channel(self)
    }

    fn compress(&mut self) -> Boxed<'_, io::Result<()>> {
        Box::pin(Connection::compress(self))
    }

    fn decompress(&mut self) -> Boxed<'_, io::Result<()>> {
        Box::pin(Connection::decompress(self))
    }

    fn is_compressed(&self) -> bool {
        Connection::is_compressed(self)
    }

    fn close<'a>(self: Box<Self>) -> Boxed<'a, ()>
    where
        Self: 'a,
    {
        Box::pin(Connection::close(*self))
    }
}
