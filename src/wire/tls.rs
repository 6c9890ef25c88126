//! Client TLS: whom to trust, and the name to ask for.
//!
//! Judging certificates is not its affair: it only makes a connection that the
//! script can speak over.

use std::fmt;
use std::sync::Arc;

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// Which certificates will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// Those that this PEM text's authorities signed.
    Authority(String),
    /// Any, also invalid ones.
    Any,
}

/// What is needed for a handshake.
#[derive(Clone)]
pub struct ClientTls {
    pub(crate) config: Arc<ClientConfig>,
    pub(crate) name: ServerName<'static>,
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTls").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Why TLS cannot be set up: the profile is wrong, not the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsSetupError {
    /// The name is neither a host name nor an address.
    BadName(String),
    /// The PEM text holds no usable authority.
    BadAuthority(String),
    /// The library refused its own defaults.
    Provider(String),
}

impl fmt::Display for TlsSetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadName(name) => write!(f, "`{name}` is no name for a certificate"),
            Self::BadAuthority(why) => write!(f, "the certificate authority cannot be read: {why}"),
            Self::Provider(why) => write!(f, "TLS cannot be set up: {why}"),
        }
    }
}

impl std::error::Error for TlsSetupError {}

impl ClientTls {
    /// A client that trusts these authorities and asks for this name.
    ///
    /// # Errors
    /// When the name or the authority cannot be used.
    pub fn new(trust: &Trust, name: &str) -> Result<Self, TlsSetupError> {
        let server =
            ServerName::try_from(name.to_owned()).map_err(|_| TlsSetupError::BadName(name.to_owned()))?;
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsSetupError::Provider(error.to_string()))?;
        let config = match trust {
            Trust::Authority(pem) => builder.with_root_certificates(authorities(pem)?).with_no_client_auth(),
            Trust::Any => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
                .with_no_client_auth(),
        };
        Ok(Self { config: Arc::new(config), name: server })
    }
}

fn authorities(pem: &str) -> Result<RootCertStore, TlsSetupError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|error| TlsSetupError::BadAuthority(error.to_string()))?;
        roots.add(certificate).map_err(|error| TlsSetupError::BadAuthority(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(TlsSetupError::BadAuthority("no certificate in it".to_owned()));
    }
    Ok(roots)
}

/// Takes any certificate, but still checks that the server holds its key.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_authority_and_a_bad_name_are_told_apart() {
        assert!(matches!(
            ClientTls::new(&Trust::Authority("nothing".to_owned()), "localhost"),
            Err(TlsSetupError::BadAuthority(_))
        ));
        assert!(matches!(ClientTls::new(&Trust::Any, "not a name"), Err(TlsSetupError::BadName(_))));
        assert!(ClientTls::new(&Trust::Any, "localhost").is_ok());
    }
}
