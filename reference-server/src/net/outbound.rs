//! Connections that the server opens: bounded lines in, octets out, a deadline on every
//! wait. What is said over them is the queue's affair.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    self, ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore, SignatureScheme,
};

use super::transport::Stream;

/// Octets taken from the stream at once.
const CHUNK: usize = 4096;
/// Longest line that is taken from another server.
const LINE: usize = 4096;

/// A connection to another server.
pub(crate) struct Outbound {
    /// None when a handshake has failed.
    stream: Option<Box<dyn Stream>>,
    input: Vec<u8>,
}

impl Outbound {
    /// Connects within the time.
    pub(crate) async fn connect(address: SocketAddr, within: Duration) -> io::Result<Self> {
        let stream = timeout(within, TcpStream::connect(address)).await.map_err(|_| late())??;
        // What is sent is batched already.
        let _ = stream.set_nodelay(true);
        Ok(Self::over(Box::new(stream)))
    }

    /// A connection over any stream.
    pub(crate) fn over(stream: Box<dyn Stream>) -> Self {
        Self { stream: Some(stream), input: Vec::new() }
    }

    fn stream(&mut self) -> io::Result<&mut Box<dyn Stream>> {
        self.stream.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// The next line, without its line end, within the time.
    pub(crate) async fn line(&mut self, within: Duration) -> io::Result<Vec<u8>> {
        let deadline = Instant::now() + within;
        loop {
            if let Some(end) = self.input.iter().position(|octet| *octet == b'\n') {
                let mut line: Vec<u8> = self.input.drain(..=end).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(line);
            }
            if self.input.len() > LINE {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a reply line has no end"));
            }
            let mut chunk = [0; CHUNK];
            let read = self.stream()?.read(&mut chunk);
            let count = timeout_at(deadline, read).await.map_err(|_| late())??;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.input.extend_from_slice(chunk.get(..count).unwrap_or_default());
        }
    }

    /// Sends octets; each piece of them within the time.
    pub(crate) async fn send(&mut self, octets: &[u8], within: Duration) -> io::Result<()> {
        let stream = self.stream()?;
        for piece in octets.chunks(64 * 1024) {
            timeout(within, stream.write_all(piece)).await.map_err(|_| late())??;
        }
        timeout(within, stream.flush()).await.map_err(|_| late())?
    }

    /// Puts the connection under TLS, and forgets what was received in plain text before
    /// (RFC 3207, section 4.2).
    pub(crate) async fn start_tls(
        &mut self,
        host: &str,
        trust: Trust<'_>,
        within: Duration,
    ) -> io::Result<()> {
        let stream = self.stream.take().ok_or(io::ErrorKind::NotConnected)?;
        self.input.clear();
        let name = ServerName::try_from(host.to_owned());
        let (name, config) = match trust {
            Trust::Anybody => {
                let name = name.or_else(|_| ServerName::try_from("unnamed.invalid"));
                (name.map_err(io::Error::other)?, Arc::new(any_certificate()?))
            }
            Trust::These(anchors) => (name.map_err(io::Error::other)?, Arc::clone(&anchors.0)),
        };
        let connector = TlsConnector::from(config);
        let stream = timeout(within, connector.connect(name, stream)).await.map_err(|_| late())??;
        self.stream = Some(Box::new(stream));
        Ok(())
    }
}

fn late() -> io::Error {
    io::ErrorKind::TimedOut.into()
}

/// Who is believed to be the server at the other end.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trust<'t> {
    /// Whoever answers: without a policy that the other domain has published, a name proves nothing
    /// about it (RFC 7435, section 3).
    Anybody,
    /// Who has a certificate for its name from one of these authorities.
    These(&'t Anchors),
}

/// Authorities whose certificates are believed.
#[derive(Debug, Clone)]
pub(crate) struct Anchors(Arc<ClientConfig>);

/// The authorities whose own certificates stand in this text.
///
/// # Errors
/// There is none in it, or one that cannot be read.
pub(crate) fn roots(pem: &str) -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        roots.add(certificate.map_err(io::Error::other)?).map_err(io::Error::other)?;
    }
    if roots.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "no certificate stands in it"));
    }
    Ok(roots)
}

impl Anchors {
    /// Those whose own certificates stand in this text.
    ///
    /// # Errors
    /// There is none in it, or one that cannot be read.
    pub(crate) fn from_pem(pem: &str) -> io::Result<Self> {
        let roots = roots(pem)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }
}

fn any_certificate() -> io::Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Arc::new(AnyCertificate(Arc::clone(&provider)));
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

/// Takes any certificate, and still wants its owner at the other end.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
