//! Client certificates with their keys: those of a target's accounts, and an authority for accounts
//! that are made on demand. Which one is presented is the script's affair.

use std::fmt;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, SanType,
};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use time::{Duration, OffsetDateTime};

use super::tls::TlsSetupError;

/// A certificate and its key.
pub struct ClientIdentity {
    /// The certificate, and behind it those with which it shows who signed it.
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientIdentity(..)")
    }
}

impl PartialEq for ClientIdentity {
    fn eq(&self, other: &Self) -> bool {
        self.chain == other.chain
    }
}

impl Eq for ClientIdentity {}

impl ClientIdentity {
    /// The certificates of one PEM text and the key of another.
    ///
    /// # Errors
    /// One of them has none that can be read.
    pub fn from_pem(certificates: &str, key: &str) -> Result<Self, TlsSetupError> {
        let wrong = |why: String| TlsSetupError::BadIdentity(why);
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificates.as_bytes()).collect();
        let chain = chain.map_err(|error| wrong(error.to_string()))?;
        if chain.is_empty() {
            return Err(wrong("no certificate in it".to_owned()));
        }
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|error| wrong(error.to_string()))?;
        Ok(Self { chain, key })
    }

    /// A certificate for this address that nobody but itself has signed.
    ///
    /// # Errors
    /// What the library says when it cannot be made.
    pub fn self_signed(address: &str) -> Result<Self, TlsSetupError> {
        let make = || {
            let key = KeyPair::generate()?;
            let made = parameters(address)?.self_signed(&key)?;
            Ok(Self {
                chain: vec![made.der().clone()],
                key: PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            })
        };
        make().map_err(bad_identity)
    }
}

/// An authority that signs client certificates.
pub struct ClientAuthority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl fmt::Debug for ClientAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientAuthority(..)")
    }
}

impl ClientAuthority {
    /// A new one.
    ///
    /// # Errors
    /// What the library says when it cannot be made.
    pub fn make() -> Result<Self, TlsSetupError> {
        let make = || {
            let key = KeyPair::generate()?;
            let mut parameters = CertificateParams::new(Vec::<String>::new())?;
            parameters.distinguished_name.push(DnType::CommonName, "mailspec authority for clients");
            parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            live_for_a_while(&mut parameters);
            let pem = parameters.self_signed(&key)?.pem();
            Ok(Self { pem, issuer: Issuer::new(parameters, key) })
        };
        make().map_err(bad_identity)
    }

    /// Its own certificate in PEM.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate for this address.
    ///
    /// # Errors
    /// What the library says when it cannot be made.
    pub fn certify(&self, address: &str) -> Result<ClientIdentity, TlsSetupError> {
        let make = || {
            let key = KeyPair::generate()?;
            let made = parameters(address)?.signed_by(&key, &self.issuer)?;
            let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
            Ok(ClientIdentity { chain: vec![made.der().clone()], key })
        };
        make().map_err(bad_identity)
    }
}

fn parameters(address: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut parameters = CertificateParams::new(Vec::<String>::new())?;
    parameters.distinguished_name.push(DnType::CommonName, address);
    parameters.subject_alt_names = vec![SanType::Rfc822Name(address.try_into()?)];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    live_for_a_while(&mut parameters);
    Ok(parameters)
}

/// Longer than any run; from a day before, since clocks differ.
fn live_for_a_while(parameters: &mut CertificateParams) {
    let now = OffsetDateTime::now_utc();
    parameters.not_before = now.saturating_sub(Duration::days(1));
    parameters.not_after = now.saturating_add(Duration::days(30));
}

fn bad_identity(error: rcgen::Error) -> TlsSetupError {
    TlsSetupError::BadIdentity(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_can_be_told_apart_and_says_nothing_of_its_key() {
        let authority = ClientAuthority::make().unwrap();
        let (one, other) =
            (authority.certify("a@example.test").unwrap(), authority.certify("a@example.test").unwrap());
        assert_ne!(one, other);
        assert_ne!(one, ClientIdentity::self_signed("a@example.test").unwrap());
        assert_eq!(format!("{one:?}"), "ClientIdentity(..)");
        assert!(authority.pem().starts_with("-----BEGIN CERTIFICATE-----"));
    }

    #[test]
    fn pem_without_a_certificate_or_a_key_is_refused() {
        let key = KeyPair::generate().unwrap();
        let pem = parameters("a@example.test").unwrap().self_signed(&key).unwrap().pem();
        assert!(ClientIdentity::from_pem(&pem, &key.serialize_pem()).is_ok());
        assert!(ClientIdentity::from_pem("", &key.serialize_pem()).is_err());
        assert!(ClientIdentity::from_pem(&pem, &pem).is_err());
    }
}
