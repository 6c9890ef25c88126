//! A server without sockets, and a client that knows just enough POP3.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::auth::Authenticator;
use crate::channel::Channel;
use crate::context::{Context, Shared};
use crate::limits::{Limits, PlaintextAuthentication, Timeouts};
use crate::net::{ClientCertificates, Connection, identity};
use crate::service::Service;
use crate::store::{Account, MailboxName, Named, NewMessage, Storage, Store};
use crate::{deviation, pop3};

/// The longest that an answer may take; long only where the machine is busy.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server with one account, alice.
pub(super) struct World {
    pub(super) shared: Arc<Shared>,
    pub(super) alice: Account,
    ending: watch::Sender<bool>,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with(&[], |_| {}).await
    }

    pub(super) async fn deviating(id: &str) -> Self {
        Self::with(&[id], |_| {}).await
    }

    pub(super) async fn with(deviations: &[&str], change: impl FnOnce(&mut Shared)) -> Self {
        let seams = Arc::new(deviation::mount(deviations.iter().copied()).unwrap());
        let store = Store::open(&Storage::Memory, seams.store.answer).unwrap();
        let domains = vec!["example.test".to_owned()];
        let authenticator = Authenticator::new(store.clone(), domains.clone(), Arc::clone(&seams)).unwrap();
        let alice = authenticator.put_account("alice@example.test", "alice secret").await.unwrap();
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
            tls: identity(&Storage::Memory, &["localhost".to_owned()], ClientCertificates::NotWanted)
                .unwrap()
                .acceptor,
        };
        change(&mut shared);
        Self { shared: Arc::new(shared), alice, ending: watch::channel(false).0 }
    }

    pub(super) async fn deliver(&self, content: &[u8]) {
        let message = NewMessage::received(content);
        self.shared.store.deliver(vec![self.alice.id], message).await.unwrap();
    }

    /// How many messages the INBOX holds.
    pub(super) async fn count(&self) -> u32 {
        let inbox = MailboxName::inbox();
        self.shared.store.status(&Named::own(self.alice.id, &inbox)).await.unwrap().messages
    }

    /// Connects and reads the greeting.
    pub(super) async fn connect(&self) -> Client {
        let mut client = self.connect_silently();
        let greeting = client.line().await;
        assert!(greeting.starts_with("+OK "), "{greeting}");
        assert!(!greeting.contains('<'), "APOP is not there: {greeting}");
        client
    }

    /// Connects; the greeting comes with it.
    pub(super) async fn greeted(&self) -> (Client, String) {
        let mut client = self.connect_silently();
        let greeting = client.line().await;
        (client, greeting)
    }

    fn connect_silently(&self) -> Client {
        let (ours, theirs) = tokio::io::duplex(4096);
        let timeouts = &self.shared.timeouts;
        let connection = Connection::new(ours, timeouts.pop3, timeouts, self.ending.subscribe());
        let context = Context {
            shared: Arc::clone(&self.shared),
            service: Service::Pop3,
            peer: "127.0.0.1:1".parse().unwrap(),
            channel: Channel::default(),
        };
        let session = tokio::spawn(pop3::serve(connection, context));
        Client { stream: theirs, session }
    }

    pub(super) async fn login(&self) -> Client {
        let mut client = self.connect().await;
        client.ok("USER alice").await;
        client.ok("PASS alice secret").await;
        client
    }
}

/// The client's end of a session.
pub(super) struct Client {
    pub(super) stream: DuplexStream,
    session: JoinHandle<()>,
}

impl Client {
    pub(super) async fn send(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).await.unwrap();
    }

    /// One line without its CRLF.
    pub(super) async fn line(&mut self) -> String {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            let octet = timeout(PATIENCE, self.stream.read_u8()).await.expect("no answer");
            line.push(octet.expect("closed"));
        }
        line.truncate(line.len() - 2);
        String::from_utf8(line).unwrap()
    }

    /// Sends a command and reads the first line of its reply.
    pub(super) async fn command(&mut self, line: &str) -> String {
        self.send(format!("{line}\r\n").as_bytes()).await;
        self.line().await
    }

    pub(super) async fn ok(&mut self, line: &str) -> String {
        let reply = self.command(line).await;
        assert!(reply.starts_with("+OK"), "{line}: {reply}");
        reply
    }

    pub(super) async fn err(&mut self, line: &str) -> String {
        let reply = self.command(line).await;
        assert!(reply.starts_with("-ERR"), "{line}: {reply}");
        reply
    }

    /// Sends a command and reads a multi-line reply: its payload, dots undone.
    pub(super) async fn multi(&mut self, line: &str) -> Vec<String> {
        self.ok(line).await;
        self.payload().await
    }

    pub(super) async fn payload(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let line = self.line().await;
            if line == "." {
                return lines;
            }
            lines.push(line.strip_prefix('.').unwrap_or(&line).to_owned());
        }
    }

    /// Waits for the server to close; gives what it still sent.
    pub(super) async fn closed(mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        timeout(PATIENCE, self.stream.read_to_end(&mut rest)).await.expect("still open").unwrap();
        drop(self.stream);
        timeout(PATIENCE, self.session).await.expect("session hangs").unwrap();
        rest
    }

    /// Drops the connection without QUIT and waits for the session to notice.
    pub(super) async fn drop_connection(self) {
        drop(self.stream);
        timeout(PATIENCE, self.session).await.expect("session hangs").unwrap();
    }
}
