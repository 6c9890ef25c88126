//! A server without sockets, and a client that knows just enough IMAP: it sends lines and reads
//! up to the tagged answer, literals included.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::{TlsConnector, rustls};

use crate::auth::Authenticator;
use crate::channel::Channel;
use crate::context::{Context, Shared};
use crate::limits::{Limits, PlaintextAuthentication, Timeouts};
use crate::net::{ClientCertificates, Connection, Stream, identity};
use crate::service::Service;
use crate::store::{Account, NewMessage, Storage, Store};
use crate::{deviation, imap};

/// The longest that an answer may take; long only where the machine is busy.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server with one account, alice.
pub(super) struct World {
    pub(super) shared: Arc<Shared>,
    pub(super) alice: Account,
    ca_pem: String,
    pub(super) ending: watch::Sender<bool>,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with(&[], |_| {}).await
    }

    pub(super) async fn with(deviations: &[&str], change: impl FnOnce(&mut Shared)) -> Self {
        let seams = Arc::new(deviation::mount(deviations.iter().copied()).unwrap());
        let store = Store::open(&Storage::Memory, seams.store.answer).unwrap();
        let domains = vec!["example.test".to_owned()];
        let authenticator = Authenticator::new(store.clone(), domains.clone(), Arc::clone(&seams)).unwrap();
        let alice = authenticator.put_account("alice@example.test", "secret").await.unwrap();
        let tls =
            identity(&Storage::Memory, &["localhost".to_owned()], ClientCertificates::NotWanted).unwrap();
        let mut shared = Shared {
            hostname: "mail.example.test".to_owned(),
            domains,
            lists: Vec::new(),
            submission: crate::smtp::SubmissionPolicy::default(),
            verification: crate::limits::AddressVerification::default(),
            store,
            authenticator,
            seams,
            imap: crate::imap::Policy::default(),
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            outgoing: crate::queue::Outgoing::default(),
            maildrops: crate::pop3::policy::Maildrops::default(),
            intake: crate::limits::Intake::Open,
            plaintext_authentication: PlaintextAuthentication::Loopback,
            tls: tls.acceptor,
        };
        change(&mut shared);
        Self { shared: Arc::new(shared), alice, ca_pem: tls.ca_pem, ending: watch::channel(false).0 }
    }

    pub(super) async fn deliver(&self, content: &str) {
        let message = NewMessage::received(content.as_bytes());
        self.shared.store.deliver(vec![self.alice.id], message).await.unwrap();
    }

    /// Connects and reads the greeting.
    pub(super) async fn connect(&self) -> Client {
        self.connect_from("127.0.0.1:1").await
    }

    pub(super) async fn connect_from(&self, peer: &str) -> Client {
        let (ours, theirs) = tokio::io::duplex(4096);
        let timeouts = &self.shared.timeouts;
        let connection = Connection::new(ours, timeouts.imap, timeouts, self.ending.subscribe());
        let peer: SocketAddr = peer.parse().unwrap();
        let context = Context {
            shared: Arc::clone(&self.shared),
            service: Service::Imap,
            peer,
            channel: Channel::default(),
        };
        let session = tokio::spawn(imap::serve(connection, context));
        let mut client = Client { stream: Box::new(theirs), session, tags: 0 };
        let greeting = client.line().await;
        assert!(greeting.starts_with("* OK [CAPABILITY IMAP4rev1 "), "{greeting}");
        client
    }

    pub(super) async fn login(&self) -> Client {
        let mut client = self.connect().await;
        client.ok("LOGIN alice secret").await;
        client
    }

    /// Logs in and selects INBOX.
    pub(super) async fn inbox(&self) -> Client {
        let mut client = self.login().await;
        client.ok("SELECT INBOX").await;
        client
    }
}

/// The client's end of a session.
pub(super) struct Client {
    pub(super) stream: Box<dyn Stream>,
    session: JoinHandle<()>,
    tags: u32,
}

impl Client {
    pub(super) async fn send(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).await.unwrap();
    }

    /// One line without its CRLF; the octets of literals stand in it behind their size.
    pub(super) async fn line(&mut self) -> String {
        let mut line = Vec::new();
        loop {
            let octet = timeout(PATIENCE, self.stream.read_u8()).await.expect("no answer");
            line.push(octet.unwrap_or_else(|_| panic!("closed after {}", line.escape_ascii())));
            if !line.ends_with(b"\r\n") {
                continue;
            }
            let Some(size) = literal_size(&line) else {
                line.truncate(line.len() - 2);
                return String::from_utf8_lossy(&line).into_owned();
            };
            let mut octets = vec![0; size];
            timeout(PATIENCE, self.stream.read_exact(&mut octets)).await.expect("half a literal").unwrap();
            line.extend_from_slice(&octets);
        }
    }

    /// The client's side of the TLS handshake.
    pub(super) async fn under_tls(self, world: &World) -> Self {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(world.ca_pem.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = TlsConnector::from(Arc::new(config));
        let name = ServerName::try_from("localhost").unwrap();
        let handshake = connector.connect(name, self.stream);
        let stream = timeout(PATIENCE, handshake).await.expect("no handshake").unwrap();
        Self { stream: Box::new(stream), ..self }
    }

    fn tag(&mut self) -> String {
        self.tags += 1;
        format!("t{}", self.tags)
    }

    /// Sends a command and reads to its end: the untagged lines, then the tagged one without its
    /// tag. Each `{n}` CRLF in it waits to be asked for the rest, unless there is a `{n+}` CRLF.
    pub(super) async fn command(&mut self, text: &str) -> (Vec<String>, String) {
        let tag = self.tag();
        let mut untagged = Vec::new();
        let whole = format!("{tag} {text}\r\n");
        let mut rest = whole.as_str();
        while let Some(at) = rest.find("}\r\n").filter(|_| !rest.contains("+}\r\n")) {
            let (line, behind) = rest.split_at(at + 3);
            self.send(line.as_bytes()).await;
            rest = behind;
            let answer = self.line().await;
            if !answer.starts_with("+ ") {
                return (untagged, answer.strip_prefix(&format!("{tag} ")).unwrap_or(&answer).to_owned());
            }
        }
        self.send(rest.as_bytes()).await;
        loop {
            let line = self.line().await;
            match line.strip_prefix(&format!("{tag} ")) {
                Some(end) => return (untagged, end.to_owned()),
                None => untagged.push(line),
            }
        }
    }

    /// Sends a command that succeeds; gives its untagged lines.
    pub(super) async fn ok(&mut self, text: &str) -> Vec<String> {
        let (untagged, end) = self.command(text).await;
        assert!(end.starts_with("OK "), "{text}: {end}");
        untagged
    }

    /// Sends a command that succeeds; gives its tagged answer.
    pub(super) async fn done(&mut self, text: &str) -> String {
        let (_, end) = self.command(text).await;
        assert!(end.starts_with("OK "), "{text}: {end}");
        end
    }

    pub(super) async fn no(&mut self, text: &str) -> String {
        let (_, end) = self.command(text).await;
        assert!(end.starts_with("NO "), "{text}: {end}");
        end
    }

    pub(super) async fn bad(&mut self, text: &str) -> String {
        let (_, end) = self.command(text).await;
        assert!(end.starts_with("BAD "), "{text}: {end}");
        end
    }

    /// Waits for the server to close; gives what it still sent.
    pub(super) async fn closed(mut self) -> String {
        let mut rest = Vec::new();
        timeout(PATIENCE, self.stream.read_to_end(&mut rest)).await.expect("still open").unwrap();
        drop(self.stream);
        timeout(PATIENCE, self.session).await.expect("session hangs").unwrap();
        String::from_utf8(rest).unwrap()
    }
}

fn literal_size(line: &[u8]) -> Option<usize> {
    let body = line.strip_suffix(b"}\r\n")?;
    let open = body.iter().rposition(|&octet| octet == b'{')?;
    std::str::from_utf8(&body[open + 1..]).ok()?.parse().ok()
}
