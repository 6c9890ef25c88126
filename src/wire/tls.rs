//! Client TLS: whom to trust, and the name to ask for.
//!
//! Judging certificates is not its affair: it only makes a connection that the
//! script can speak over.

use std::fmt;
use std::sync::Arc;

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::client::{Resumption, WebPkiServerVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme, SupportedProtocolVersion,
    version,
};

use super::identity::ClientIdentity;

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
    trust: Trust,
    /// The name that the certificate must have.
    certified: ServerName<'static>,
    only: Option<OnlyVersion>,
    /// What is presented where the server asks for a certificate.
    identity: Option<Arc<ClientIdentity>>,
}

/// The only version that a handshake offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnlyVersion {
    /// TLS 1.2 (RFC 5246).
    Tls12,
    /// TLS 1.3 (RFC 8446).
    Tls13,
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
    /// The client's own certificate or key cannot be used.
    BadIdentity(String),
    /// The library refused its own defaults.
    Provider(String),
}

impl fmt::Display for TlsSetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadName(name) => write!(f, "`{name}` is no name for a certificate"),
            Self::BadAuthority(why) => write!(f, "the certificate authority cannot be read: {why}"),
            Self::BadIdentity(why) => write!(f, "the client certificate cannot be used: {why}"),
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
        let config = configure(trust, &server, None, None)?;
        Ok(Self {
            config: Arc::new(config),
            certified: server.clone(),
            name: server,
            trust: trust.clone(),
            only: None,
            identity: None,
        })
    }

    /// The same trust, with one version alone, or another server name to ask for. The
    /// certificate is still looked at for the first name.
    ///
    /// # Errors
    /// When the name cannot be used.
    pub fn asking(&self, only: Option<OnlyVersion>, name: Option<&str>) -> Result<Self, TlsSetupError> {
        let asked = match name {
            None => self.name.clone(),
            Some(name) => {
                ServerName::try_from(name.to_owned()).map_err(|_| TlsSetupError::BadName(name.to_owned()))?
            }
        };
        let config = configure(&self.trust, &self.certified, only, self.identity.as_deref())?;
        Ok(Self { config: Arc::new(config), name: asked, only, ..self.clone() })
    }

    /// The same, and this certificate is presented where the server asks for one (RFC 8446, section
    /// 4.4.2).
    ///
    /// # Errors
    /// When certificate and key cannot be used.
    pub fn presenting(&self, identity: Arc<ClientIdentity>) -> Result<Self, TlsSetupError> {
        let config = configure(&self.trust, &self.certified, self.only, Some(&identity))?;
        Ok(Self { config: Arc::new(config), identity: Some(identity), ..self.clone() })
    }
}

fn configure(
    trust: &Trust,
    certified: &ServerName<'static>,
    only: Option<OnlyVersion>,
    identity: Option<&ClientIdentity>,
) -> Result<ClientConfig, TlsSetupError> {
    let versions: &[&'static SupportedProtocolVersion] = match only {
        None => &[&version::TLS13, &version::TLS12],
        Some(OnlyVersion::Tls12) => &[&version::TLS12],
        Some(OnlyVersion::Tls13) => &[&version::TLS13],
    };
    let provider = Arc::new(ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        Trust::Authority(pem) => {
            let roots = Arc::new(authorities(pem)?);
            let inner = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider)).build();
            let inner = inner.map_err(|error| TlsSetupError::BadAuthority(error.to_string()))?;
            Arc::new(CertificateOf { name: certified.clone(), inner })
        }
        Trust::Any => Arc::new(AnyCertificate(Arc::clone(&provider))),
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .map_err(|error| TlsSetupError::Provider(error.to_string()))?;
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => builder
            .with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())
            .map_err(|error| TlsSetupError::BadIdentity(error.to_string()))?,
    };
    // Each connection begins anew: a resumed session would carry what an earlier case did, its
    // certificate among it, into the next one (RFC 8446, section 2.2).
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// Takes what the authorities signed for one name, whichever name was asked for.
#[derive(Debug)]
struct CertificateOf {
    name: ServerName<'static>,
    inner: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for CertificateOf {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _asked: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.inner.verify_server_cert(end_entity, intermediates, &self.name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
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

    #[test]
    fn another_name_is_asked_for_and_the_certificate_keeps_its_own() {
        let tls = ClientTls::new(&Trust::Any, "localhost").unwrap();
        let other = tls.asking(Some(OnlyVersion::Tls12), Some("other.example")).unwrap();
        assert_eq!(other.name.to_str(), "other.example");
        assert_eq!(other.certified, tls.certified);
        assert_eq!(tls.asking(None, None).unwrap().name, tls.name);
        assert!(matches!(tls.asking(None, Some("not a name")), Err(TlsSetupError::BadName(_))));
    }

    #[tokio::test]
    async fn no_session_is_resumed() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let server = crate::wire::server_tls::ServerTls::own().unwrap();
        for version in [OnlyVersion::Tls12, OnlyVersion::Tls13] {
            let tls = ClientTls::new(&Trust::Any, "localhost").unwrap().asking(Some(version), None).unwrap();
            for _connection in 0..2 {
                let (near, far) = tokio::io::duplex(16 * 1024);
                let connector = tokio_rustls::TlsConnector::from(Arc::clone(&tls.config));
                let hello = async {
                    let mut stream = server.acceptor.accept(far).await.unwrap();
                    stream.write_all(b"x").await.unwrap();
                    stream
                };
                let (stream, _far) = tokio::join!(connector.connect(tls.name.clone(), near), hello);
                let mut stream = stream.unwrap();
                // Tickets come before the first octet in TLS 1.3.
                stream.read_u8().await.unwrap();
                let kind = stream.get_ref().1.handshake_kind();
                assert_eq!(kind, Some(tokio_rustls::rustls::HandshakeKind::Full), "{version:?}");
            }
        }
    }
}
