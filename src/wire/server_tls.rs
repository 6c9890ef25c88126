//! The server's side of TLS: one certificate for this process, signed by itself.
//!
//! A next hop's certificate proves nothing to a mail server that has no policy about it
//! (RFC 7435, section 3); one that will not have it says so in the handshake.

use std::fmt;
use std::sync::{Arc, OnceLock};

use rustls_pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;

/// What is needed for the server's side of a handshake.
#[derive(Clone)]
pub struct ServerTls {
    pub(crate) acceptor: TlsAcceptor,
    pem: Arc<str>,
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerTls")
    }
}

impl ServerTls {
    /// The certificate of this process, made when it is first asked for.
    ///
    /// # Errors
    /// What the libraries say when it cannot be made.
    pub fn own() -> Result<Self, String> {
        static OWN: OnceLock<Result<ServerTls, String>> = OnceLock::new();
        OWN.get_or_init(make).clone()
    }

    /// The certificate as PEM, for a server that is to believe it.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }
}

fn make() -> Result<ServerTls, String> {
    let names = ["localhost", "127.0.0.1"].map(str::to_owned).to_vec();
    let made = rcgen::generate_simple_self_signed(names).map_err(|error| error.to_string())?;
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .map_err(|error| error.to_string())?;
    Ok(ServerTls { acceptor: TlsAcceptor::from(Arc::new(config)), pem: made.cert.pem().into() })
}
