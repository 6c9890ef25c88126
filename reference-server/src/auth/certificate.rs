//! Client certificates, for SASL EXTERNAL (RFC 4422, appendix A): which ones are believed, and whose
//! they are. The handshake has shown by then that the client holds the certificate's key.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use ring::digest::{SHA256, digest};
use rustls_pki_types::{CertificateDer, UnixTime};
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use x509_parser::prelude::{ASN1Time, FromDer as _, GeneralName, X509Certificate};

use super::{Authenticator, Verified};
use crate::channel::Channel;

/// The SHA-256 fingerprint of a certificate in DER.
pub(crate) type Fingerprint = [u8; 32];

/// Which client certificates are believed.
#[derive(Debug, Clone, Default)]
pub(crate) struct CertificateTrust {
    /// What the authorities signed is believed as it stands.
    authority: Option<Arc<dyn ClientCertVerifier>>,
    /// And these certificates, whoever signed them, with the address of the account that each is for.
    pinned: HashMap<Fingerprint, String>,
}

impl CertificateTrust {
    /// Believes what these authorities sign, and the certificates of these fingerprints.
    ///
    /// # Errors
    /// The authorities cannot be used; the text says why.
    pub(crate) fn new(
        authorities: Option<Arc<RootCertStore>>,
        pinned: HashMap<Fingerprint, String>,
    ) -> Result<Self, String> {
        let build =
            |roots| WebPkiClientVerifier::builder_with_provider(roots, default_provider().into()).build();
        let authority = authorities.map(build).transpose().map_err(|error| error.to_string())?;
        Ok(Self { authority, pinned })
    }

    /// The addresses that a certificate is for: that of its pin; else those in it (`rfc822Name` in
    /// subjectAltName: RFC 5280, section 4.2.1.6), where an authority has signed it for clients.
    /// Nobody's, outside of its time.
    fn addresses(
        &self,
        chain: &[CertificateDer<'_>],
        now: UnixTime,
        believes: fn(Verified) -> bool,
    ) -> Vec<String> {
        let Some((certificate, intermediates)) = chain.split_first() else { return Vec::new() };
        let Ok((_, parsed)) = X509Certificate::from_der(certificate) else { return Vec::new() };
        let fingerprint = digest(&SHA256, certificate);
        let pin = self.pinned.iter().find(|(pinned, _)| pinned.as_slice() == fingerprint.as_ref());
        if let Some((_, address)) = pin {
            let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
            let timely =
                ASN1Time::from_timestamp(seconds).is_ok_and(|now| parsed.validity().is_valid_at(now));
            return if timely { vec![address.clone()] } else { Vec::new() };
        }
        let Some(authority) = &self.authority else { return Vec::new() };
        let signed = match authority.verify_client_cert(certificate, intermediates, now) {
            Ok(_) => Verified::Right,
            Err(error) => {
                tracing::debug!(%error, "a client certificate is not believed");
                Verified::Wrong
            }
        };
        if believes(signed) { named(&parsed) } else { Vec::new() }
    }
}

/// The mail addresses in a certificate.
fn named(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return Vec::new() };
    let address = |name: &GeneralName<'_>| match name {
        GeneralName::RFC822Name(address) => Some((*address).to_owned()),
        _ => None,
    };
    names.value.general_names.iter().filter_map(address).collect()
}

impl Authenticator {
    /// With client certificates that are believed.
    pub(crate) fn believing(mut self, trust: CertificateTrust) -> Self {
        self.certificates = trust;
        self
    }

    /// The channel to a peer, with whom the client's certificate is for: an account, if it is for one
    /// and no other. Asked once, when a session begins and when it is secured.
    pub(crate) async fn recognized(&self, channel: Channel, peer: SocketAddr) -> Channel {
        let channel = Channel { peer: Some(peer.ip()), ..channel };
        let believes = self.seams.authentication.believes_certificate;
        let addresses = self.certificates.addresses(&channel.certificates, UnixTime::now(), believes);
        let mut found = None;
        for address in addresses {
            match self.resolve(&address).await {
                Ok(None) => {}
                Ok(account) if found.is_none() || found == account => found = account,
                // Of two accounts' certificate nobody can say as whom its holder wants to act.
                Ok(Some(_)) => return channel,
                Err(error) => {
                    tracing::warn!(%error, "whose a client certificate is cannot be looked up");
                    return channel;
                }
            }
        }
        Channel { client: found, ..channel }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rcgen::{
        BasicConstraints, Certificate, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
        SanType,
    };
    use time::OffsetDateTime;

    use super::*;
    use crate::store::{AnswerTiming, Storage, Store};

    const NOW: u64 = 1_800_000_000;

    fn parameters(addresses: &[&str]) -> CertificateParams {
        let mut parameters = CertificateParams::default();
        let names = addresses.iter().map(|address| SanType::Rfc822Name((*address).try_into().unwrap()));
        parameters.subject_alt_names = names.collect();
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        parameters.not_before =
            OffsetDateTime::from_unix_timestamp(i64::try_from(NOW).unwrap() - 1000).unwrap();
        parameters.not_after = parameters.not_before + Duration::from_secs(2000);
        parameters
    }

    struct Authority {
        certificate: Certificate,
        issuer: Issuer<'static, KeyPair>,
    }

    fn authority() -> Authority {
        let key = KeyPair::generate().unwrap();
        let mut of_authority = parameters(&[]);
        of_authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        of_authority.extended_key_usages.clear();
        let certificate = of_authority.self_signed(&key).unwrap();
        Authority { certificate, issuer: Issuer::new(of_authority, key) }
    }

    impl Authority {
        fn signs(&self, parameters: &CertificateParams) -> CertificateDer<'static> {
            parameters.signed_by(&KeyPair::generate().unwrap(), &self.issuer).unwrap().der().clone()
        }

        fn trust(&self) -> CertificateTrust {
            let mut roots = RootCertStore::empty();
            roots.add(self.certificate.der().clone()).unwrap();
            CertificateTrust::new(Some(Arc::new(roots)), HashMap::new()).unwrap()
        }
    }

    fn addresses(trust: &CertificateTrust, certificate: &CertificateDer<'static>, at: u64) -> Vec<String> {
        let at = UnixTime::since_unix_epoch(Duration::from_secs(at));
        trust.addresses(std::slice::from_ref(certificate), at, |signed| signed == Verified::Right)
    }

    #[test]
    fn what_the_authority_signed_for_clients_is_believed_in_its_time() {
        let ours = authority();
        let trust = ours.trust();
        let good = ours.signs(&parameters(&["alice@example.test"]));
        assert_eq!(addresses(&trust, &good, NOW), ["alice@example.test"]);
        assert!(addresses(&trust, &good, NOW + 2000).is_empty(), "expired");
        assert!(addresses(&trust, &good, NOW - 2000).is_empty(), "not valid yet");
        let of_another = authority().signs(&parameters(&["alice@example.test"]));
        assert!(addresses(&trust, &of_another, NOW).is_empty(), "signed by another");
        let mut for_servers = parameters(&["alice@example.test"]);
        for_servers.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        assert!(addresses(&trust, &ours.signs(&for_servers), NOW).is_empty(), "for servers");
        assert!(addresses(&trust, &ours.signs(&parameters(&[])), NOW).is_empty(), "without a name");
        assert!(addresses(&CertificateTrust::default(), &good, NOW).is_empty(), "nothing is believed");
        let garbage = CertificateDer::from(vec![0x30, 0x03, 1, 2, 3]);
        assert!(addresses(&trust, &garbage, NOW).is_empty());
    }

    #[test]
    fn a_pinned_certificate_is_its_accounts_whoever_signed_it() {
        let own =
            parameters(&["somebody@elsewhere.test"]).self_signed(&KeyPair::generate().unwrap()).unwrap();
        let own = own.der().clone();
        let fingerprint = digest(&SHA256, &own).as_ref().try_into().unwrap();
        let pinned = HashMap::from([(fingerprint, "alice@example.test".to_owned())]);
        let trust = CertificateTrust::new(None, pinned).unwrap();
        assert_eq!(addresses(&trust, &own, NOW), ["alice@example.test"]);
        assert!(addresses(&trust, &own, NOW + 2000).is_empty(), "expired");
        let another = parameters(&["alice@example.test"]).self_signed(&KeyPair::generate().unwrap()).unwrap();
        assert!(addresses(&trust, another.der(), NOW).is_empty());
    }

    #[tokio::test]
    async fn a_certificate_is_for_one_account_or_for_none() {
        let ours = authority();
        let store = Store::open(&Storage::Memory, AnswerTiming::AfterCommit).unwrap();
        let all = Authenticator::new(store, vec!["example.test".to_owned()], Arc::default()).unwrap();
        let all = all.believing(ours.trust());
        for name in ["alice", "bob"] {
            all.put_account(&format!("{name}@example.test"), "secret").await.unwrap();
        }
        for (addresses, account) in [
            (&["Alice@Example.Test", "alice@elsewhere.test"][..], Some("alice@example.test")),
            (&["alice@example.test", "bob@example.test"], None),
            (&["carol@example.test"], None),
        ] {
            let mut of_today = parameters(addresses);
            of_today.not_before = OffsetDateTime::UNIX_EPOCH;
            of_today.not_after = OffsetDateTime::from_unix_timestamp(4_000_000_000).unwrap();
            let mut of_authority = parameters(&[]);
            of_authority.not_before = OffsetDateTime::UNIX_EPOCH;
            let certificates = vec![ours.signs(&of_today)];
            let channel = Channel { under_tls: true, certificates, ..Channel::default() };
            let found = all.recognized(channel, SocketAddr::from(([192, 0, 2, 1], 993))).await.client;
            assert_eq!(found.map(|found| found.address).as_deref(), account, "{addresses:?}");
        }
    }
}
