//! Why a connection does not stand, TLS does not, or octets could not be sent.

use std::fmt;
use std::io;
use std::net::SocketAddr;

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
