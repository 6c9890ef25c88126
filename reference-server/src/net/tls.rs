//! The server's certificate authority and certificate, made at the first start. The
//! authority is kept, so that whoever trusts it once trusts every later start; the
//! certificate is made anew at each start for the names of that start.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use ring::digest::{SHA256, digest};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use time::{Duration, OffsetDateTime};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::{
    self, DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig, SignatureScheme,
};

use crate::store::Storage;

const AUTHORITY: &str = "ca.pem";
const AUTHORITY_KEY: &str = "ca-key.pem";

/// What TLS needs: the acceptor, and the authority for whoever is to trust it.
pub(crate) struct Identity {
    /// The server's side of handshakes.
    pub(crate) acceptor: TlsAcceptor,
    /// The authority's certificate in PEM.
    pub(crate) ca_pem: String,
    /// `tls-server-end-point` (RFC 5929, section 4.1): the certificate under the hash function of
    /// its signature, which is SHA-256 here.
    pub(crate) end_point: Vec<u8>,
}

/// Are clients asked for a certificate? (RFC 8314, section 4.2: only where one can let them in.)
#[derive(Debug, Clone)]
pub(crate) enum ClientCertificates {
    /// They are not.
    NotWanted,
    /// They are, and one that has none is welcome all the same.
    Wanted {
        /// The authorities that clients are told of, so that they choose one that will do; empty where
        /// others may do as well.
        hints: Vec<DistinguishedName>,
    },
}

impl ClientCertificates {
    /// Wanted from these authorities alone, or from anybody.
    pub(crate) fn wanted(authorities: Option<&RootCertStore>) -> Self {
        Self::Wanted { hints: authorities.map(RootCertStore::subjects).unwrap_or_default() }
    }
}

/// Loads the authority or makes it, and a certificate for `names` (DNS names and
/// addresses).
///
/// # Errors
/// The authority's files cannot be read or written, or a name cannot stand in a
/// certificate.
pub(crate) fn identity(
    storage: &Storage,
    names: &[String],
    clients: ClientCertificates,
) -> io::Result<Identity> {
    let (ca_pem, ca_key) = match storage {
        Storage::Memory => make_authority()?,
        Storage::Directory(directory) => kept_authority(&directory.join("tls"))?,
    };
    let issuer = Issuer::new(authority_parameters()?, ca_key);
    let mut parameters = CertificateParams::new(names).map_err(io::Error::other)?;
    let common_name = names.first().map_or("localhost", String::as_str);
    parameters.distinguished_name.push(DnType::CommonName, common_name);
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    parameters.use_authority_key_identifier_extension = true;
    // Longer lives are refused by some clients.
    set_validity(&mut parameters, Duration::days(397));
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let certificate = parameters.signed_by(&key, &issuer).map_err(io::Error::other)?;
    let end_point = digest(&SHA256, certificate.der()).as_ref().to_vec();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    let config = match clients {
        ClientCertificates::NotWanted => config.with_no_client_auth(),
        ClientCertificates::Wanted { hints } => {
            config.with_client_cert_verifier(Arc::new(AnyCertificate::new(&provider, hints)))
        }
    };
    let config = config
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .map_err(io::Error::other)?;
    Ok(Identity { acceptor: TlsAcceptor::from(Arc::new(config)), ca_pem, end_point })
}

/// Takes any certificate whose key the client holds: one that nobody believes is no reason to have no
/// session. Whom it lets in is the authenticator's affair.
#[derive(Debug)]
struct AnyCertificate {
    algorithms: WebPkiSupportedAlgorithms,
    hints: Vec<DistinguishedName>,
}

impl AnyCertificate {
    fn new(provider: &CryptoProvider, hints: Vec<DistinguishedName>) -> Self {
        Self { algorithms: provider.signature_verification_algorithms, hints }
    }
}

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn kept_authority(directory: &Path) -> io::Result<(String, KeyPair)> {
    let (certificate, key) = (directory.join(AUTHORITY), directory.join(AUTHORITY_KEY));
    if certificate.exists() && key.exists() {
        let pem = std::fs::read_to_string(certificate)?;
        let key = KeyPair::from_pem(&std::fs::read_to_string(key)?).map_err(io::Error::other)?;
        return Ok((pem, key));
    }
    std::fs::create_dir_all(directory)?;
    let (pem, pair) = make_authority()?;
    // The certificate last: a crash in between leaves no half that would be taken for whole.
    write_file(&key, &pair.serialize_pem(), Secrecy::Private)?;
    write_file(&certificate, &pem, Secrecy::Public)?;
    Ok((pem, pair))
}

fn make_authority() -> io::Result<(String, KeyPair)> {
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let certificate = authority_parameters()?.self_signed(&key).map_err(io::Error::other)?;
    Ok((certificate.pem(), key))
}

/// The same at each start: an issuer is known by its name and its key.
fn authority_parameters() -> io::Result<CertificateParams> {
    let mut parameters = CertificateParams::new(Vec::<String>::new()).map_err(io::Error::other)?;
    parameters.distinguished_name.push(DnType::CommonName, "mailspec reference server test CA");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_validity(&mut parameters, Duration::days(20 * 365));
    Ok(parameters)
}

fn set_validity(parameters: &mut CertificateParams, life: Duration) {
    let now = OffsetDateTime::now_utc();
    // Clocks differ a little.
    parameters.not_before = now.saturating_sub(Duration::days(1));
    parameters.not_after = now.saturating_add(life);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Secrecy {
    Public,
    Private,
}

fn write_file(path: &Path, text: &str, secrecy: Secrecy) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    if secrecy == Secrecy::Private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = secrecy;
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authority_outlives_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        let storage = Storage::Directory(directory.path().to_owned());
        let names = ["mail.example.test".to_owned(), "127.0.0.1".to_owned()];
        let first = identity(&storage, &names, ClientCertificates::NotWanted).unwrap().ca_pem;
        let second = identity(&storage, &names, ClientCertificates::NotWanted).unwrap().ca_pem;
        assert_eq!(first, second);
        assert!(first.starts_with("-----BEGIN CERTIFICATE-----"));
    }

    #[cfg(unix)]
    #[test]
    fn the_key_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let storage = Storage::Directory(directory.path().to_owned());
        identity(&storage, &["localhost".to_owned()], ClientCertificates::NotWanted).unwrap();
        let key = directory.path().join("tls").join(AUTHORITY_KEY);
        let mode = std::fs::metadata(key).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
