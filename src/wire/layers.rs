//! What a connection puts between itself and TCP while it stands: TLS, and compression.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, TlsStream};

use super::channel::TlsChannel;
use super::connection::Connection;
use super::deflate::Deflated;
use super::failure::HandshakeError;
use super::inbox::End;
use super::reader::{Open, end_of};
use super::recorder::Recorder;
use super::server_tls::ServerTls;
use super::stream::{Begun, Stream};
use super::tls::ClientTls;

impl Connection {
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
}

/// The client's side of a TLS handshake.
pub(super) async fn handshake(
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::super::connection::Received;
    use super::super::connection::tests::{all_at_end, pair, soon};
    use super::super::inbox::Take;
    use super::*;

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
}
