//! What the tests share: servers with a user each, a client of SMTP and POP3, mailboxes that fill.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reference_server::{Builder, NextHop, Server, Service, Spool};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn any() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

pub(crate) fn builder(domain: &str, user: &str) -> Builder {
    Server::builder()
        .hostname(format!("mail.{domain}"))
        .account(format!("{user}@{domain}"), format!("{user}-secret"))
        .listen(Service::Smtp, any())
        .listen(Service::Submission, any())
        .listen(Service::Submissions, any())
        .listen(Service::Pop3, any())
}

pub(crate) fn hop(server: &Server, service: Service) -> NextHop {
    NextHop::new("127.0.0.1", server.address(service).unwrap().port())
}

/// A client of a protocol of lines.
pub(crate) struct Client {
    stream: BufReader<Box<dyn Stream>>,
}

pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl Client {
    pub(crate) async fn connect(server: &Server, service: Service) -> Self {
        let stream = TcpStream::connect(server.address(service).unwrap()).await.unwrap();
        let mut client = Self::over(stream);
        client.line().await;
        client
    }

    pub(crate) fn over(stream: impl Stream + 'static) -> Self {
        Self { stream: BufReader::new(Box::new(stream)) }
    }

    pub(crate) async fn line(&mut self) -> String {
        let mut line = Vec::new();
        timeout(PATIENCE, self.stream.read_until(b'\n', &mut line)).await.expect("an answer").unwrap();
        String::from_utf8_lossy(&line).into_owned()
    }

    pub(crate) async fn send(&mut self, octets: &[u8]) {
        self.stream.get_mut().write_all(octets).await.unwrap();
    }

    /// Sends a line, and gives the last line of the reply.
    pub(crate) async fn ask(&mut self, line: &str) -> String {
        self.send(format!("{line}\r\n").as_bytes()).await;
        loop {
            let reply = self.line().await;
            if reply.as_bytes().get(3) != Some(&b'-') {
                return reply;
            }
        }
    }
}

/// A session on the submission port, logged in.
pub(crate) async fn submission(server: &Server, address: &str, secret: &str) -> Client {
    let mut client = Client::connect(server, Service::Submission).await;
    client.ask("EHLO client.test").await;
    let plain = STANDARD.encode(format!("\0{address}\0{secret}"));
    assert!(client.ask(&format!("AUTH PLAIN {plain}")).await.starts_with("235"));
    client
}

/// The same under TLS from the first octet.
pub(crate) async fn secure_submission(server: &Server, address: &str, secret: &str) -> Client {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(server.ca_pem().as_bytes()) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(server.address(Service::Submissions).unwrap()).await.unwrap();
    let name = "localhost".try_into().unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    let mut client = Client::over(stream);
    client.line().await;
    client.ask("EHLO client.test").await;
    let plain = STANDARD.encode(format!("\0{address}\0{secret}"));
    assert!(client.ask(&format!("AUTH PLAIN {plain}")).await.starts_with("235"));
    client
}

/// Sends one message; `recipients` are arguments of RCPT.
pub(crate) async fn send(client: &mut Client, from: &str, recipients: &[&str], message: &[u8]) {
    assert!(client.ask(&format!("MAIL FROM:{from}")).await.starts_with("250"));
    for recipient in recipients {
        let reply = client.ask(&format!("RCPT TO:{recipient}")).await;
        assert!(reply.starts_with("250"), "{recipient}: {reply}");
    }
    assert!(client.ask("DATA").await.starts_with("354"));
    client.send(message).await;
    let reply = client.ask(".").await;
    assert!(reply.starts_with("250"), "{reply}");
}

pub(crate) async fn submit(server: &Server, from: &str, recipients: &[&str], message: &[u8]) {
    let (user, _) = from.split_once('@').unwrap();
    let mut client = submission(server, from, &format!("{user}-secret")).await;
    send(&mut client, &format!("<{from}>"), recipients, message).await;
}

/// Waits until each of the messages in the queue has been tried once.
pub(crate) async fn tried_once(directory: &Path, messages: usize) {
    let spool = Spool::open(directory).unwrap();
    for _ in 0..600 {
        let waiting = spool.list().unwrap();
        let mut recipients = waiting.iter().flat_map(|message| &message.recipients);
        if waiting.len() == messages && recipients.all(|recipient| recipient.attempts == 1) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{messages} messages were not tried");
}

/// Reads the mailbox by POP3 until it has `count` messages.
pub(crate) async fn inbox(server: &Server, user: &str, count: usize) -> Vec<String> {
    for _ in 0..600 {
        let messages = read_inbox(server, user).await;
        if messages.len() >= count {
            return messages;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{count} messages for {user} did not come");
}

pub(crate) async fn read_inbox(server: &Server, user: &str) -> Vec<String> {
    let mut pop = Client::connect(server, Service::Pop3).await;
    pop.ask(&format!("USER {user}")).await;
    if !pop.ask(&format!("PASS {user}-secret")).await.starts_with("+OK") {
        return Vec::new();
    }
    let stat = pop.ask("STAT").await;
    let count: usize = stat.split(' ').nth(1).unwrap().parse().unwrap();
    let mut messages = Vec::new();
    for number in 1..=count {
        assert!(pop.ask(&format!("RETR {number}")).await.starts_with("+OK"));
        let mut text = String::new();
        loop {
            let line = pop.line().await;
            if line == ".\r\n" {
                break;
            }
            text.push_str(line.strip_prefix('.').unwrap_or(&line));
        }
        messages.push(text);
    }
    pop.ask("QUIT").await;
    messages
}
