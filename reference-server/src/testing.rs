//! What tests of sessions share: a server's parts in memory, and a peer on the other end of a
//! pipe. Not compiled into the server.

mod known;
mod transcript;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::watch;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::WantsClientCert;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject};
use tokio_rustls::rustls::{self, ClientConfig, ConfigBuilder, RootCertStore};

use crate::auth::Authenticator;
use crate::channel::Channel;
use crate::context::{Context, Shared};
use crate::deviation;
use crate::limits::{AddressVerification, Limits, PlaintextAuthentication, Timeouts};
use crate::net::{ClientCertificates, Connection, Identity, Stream, identity};
use crate::queue::Outgoing;
use crate::service::Service;
use crate::smtp::SubmissionPolicy;
use crate::store::{Storage, Store};

pub(crate) use known::each_file_is_in_a_row;

/// A server's parts in memory, with alice and bob (`alice-secret`, `bob-secret`), and with
/// these deviations.
pub(crate) async fn shared(deviations: &[&str]) -> (Arc<Shared>, Identity) {
    let seams = Arc::new(deviation::mount(deviations.iter().copied()).unwrap());
    let store = Store::open(&Storage::Memory, seams.store.answer).unwrap();
    let domains = vec!["example.test".to_owned()];
    let authenticator = Authenticator::new(store.clone(), domains.clone(), Arc::clone(&seams)).unwrap();
    for name in ["alice", "bob"] {
        let (address, secret) = (format!("{name}@example.test"), format!("{name}-secret"));
        authenticator.put_account(&address, &secret).await.unwrap();
    }
    let names = ["mail.example.test".to_owned()];
    let identity = identity(&Storage::Memory, &names, ClientCertificates::NotWanted).unwrap();
    let shared = Shared {
        hostname: "mail.example.test".to_owned(),
        domains,
        lists: Vec::new(),
        submission: SubmissionPolicy::default(),
        verification: AddressVerification::default(),
        store,
        authenticator,
        outgoing: Outgoing::default(),
        maildrops: crate::pop3::policy::Maildrops::default(),
        seams,
        imap: crate::imap::Policy::default(),
        limits: Limits { message_octets: 100_000, recipients: 100, errors: 20, ..Limits::default() },
        timeouts: Timeouts::default(),
        intake: crate::limits::Intake::Open,
        plaintext_authentication: PlaintextAuthentication::default(),
        tls: identity.acceptor.clone(),
    };
    (Arc::new(shared), identity)
}

/// A connection to a session: our end of a pipe.
pub(crate) struct Peer {
    stream: Box<dyn Stream>,
    received: Vec<u8>,
    noted: transcript::Noted,
    /// Turned true, it shuts the server down.
    pub(crate) ending: watch::Sender<bool>,
}

impl Peer {
    /// Opens a pipe to a session, which `serve` runs on its own task.
    pub(crate) fn open<F, R>(shared: &Arc<Shared>, service: Service, serve: F) -> Self
    where
        F: FnOnce(Connection<DuplexStream>, Context) -> R,
        R: Future<Output = ()> + Send + 'static,
    {
        Self::open_from(IpAddr::from([127, 0, 0, 1]), shared, service, serve)
    }

    /// The same, from that address.
    pub(crate) fn open_from<F, R>(address: IpAddr, shared: &Arc<Shared>, service: Service, serve: F) -> Self
    where
        F: FnOnce(Connection<DuplexStream>, Context) -> R,
        R: Future<Output = ()> + Send + 'static,
    {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let (ending, shutdown) = watch::channel(false);
        let idle = Duration::from_secs(300);
        let connection = Connection::new(theirs, idle, &shared.timeouts, shutdown);
        let peer = SocketAddr::new(address, 40_000);
        let context = Context { shared: Arc::clone(shared), service, peer, channel: Channel::default() };
        tokio::spawn(serve(connection, context));
        Self { stream: Box::new(ours), received: Vec::new(), noted: Default::default(), ending }
    }

    /// Sends octets as they are.
    pub(crate) async fn send(&mut self, octets: impl AsRef<[u8]>) {
        self.stream.write_all(octets.as_ref()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// The next line, with its CRLF; the empty string at the end of the connection.
    pub(crate) async fn line(&mut self) -> String {
        loop {
            if let Some(end) = self.received.iter().position(|octet| *octet == b'\n') {
                let line: Vec<u8> = self.received.drain(..=end).collect();
                return String::from_utf8_lossy(&line).into_owned();
            }
            let read = self.stream.read_buf(&mut self.received);
            let count = tokio::time::timeout(Duration::from_secs(3600), read).await;
            if count.expect("no answer").unwrap_or(0) == 0 {
                return String::from_utf8(std::mem::take(&mut self.received)).unwrap();
            }
        }
    }

    /// The next octet, of what is no line.
    pub(crate) async fn octet(&mut self) -> u8 {
        match self.received.is_empty() {
            true => self.stream.read_u8().await.unwrap(),
            false => self.received.remove(0),
        }
    }

    /// The client's side of a TLS handshake.
    pub(crate) async fn start_tls(self, identity: &Identity) -> Self {
        self.secured(identity, |config| config.with_no_client_auth()).await
    }

    /// The same of a client that has a certificate, with its key.
    pub(crate) async fn start_tls_as(
        self,
        identity: &Identity,
        certificate: CertificateDer<'static>,
        key: PrivateKeyDer<'static>,
    ) -> Self {
        self.secured(identity, |config| config.with_client_auth_cert(vec![certificate], key).unwrap()).await
    }

    async fn secured(
        self,
        identity: &Identity,
        finish: impl FnOnce(ConfigBuilder<ClientConfig, WantsClientCert>) -> ClientConfig,
    ) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(identity.ca_pem.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let config = finish(config);
        let name = ServerName::try_from("mail.example.test").unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, self.stream).await.unwrap();
        Self { stream: Box::new(stream), received: Vec::new(), ..self }
    }
}
