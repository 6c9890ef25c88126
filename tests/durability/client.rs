//! Clients that know as much of each protocol as these tests need. An error is
//! text: the server is expected to die under them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

/// The longest wait for anything, so that nothing hangs.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) type Outcome<T> = Result<T, String>;

/// A connection that is read line by line.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    tag: usize,
}

impl Client {
    async fn connect(address: SocketAddr) -> Outcome<Self> {
        let stream = bounded(TcpStream::connect(address)).await?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let mut client = Self { stream: BufReader::new(stream), tag: 0 };
        client.line().await?;
        Ok(client)
    }

    pub(crate) async fn send(&mut self, octets: &[u8]) -> Outcome<()> {
        bounded(self.stream.write_all(octets)).await
    }

    /// One line with its line end.
    pub(crate) async fn line(&mut self) -> Outcome<Vec<u8>> {
        let mut line = Vec::new();
        bounded(self.stream.read_until(b'\n', &mut line)).await?;
        if line.ends_with(b"\n") { Ok(line) } else { Err("closed".to_owned()) }
    }

    /// Sends a line and reads one; it must begin as expected.
    async fn exchange(&mut self, line: &str, expected: &str) -> Outcome<()> {
        self.send(format!("{line}\r\n").as_bytes()).await?;
        self.expect(expected).await
    }

    /// Reads an SMTP reply, or a line of another protocol, which must begin as expected.
    async fn expect(&mut self, expected: &str) -> Outcome<()> {
        loop {
            let line = self.line().await?;
            if line.get(3) == Some(&b'-') && expected.starts_with(|c: char| c.is_ascii_digit()) {
                continue;
            }
            if line.starts_with(expected.as_bytes()) {
                return Ok(());
            }
            return Err(format!("{expected} was expected: {}", String::from_utf8_lossy(&line)));
        }
    }

    /// SMTP, or LMTP with its own greeting, ready for MAIL.
    pub(crate) async fn smtp(address: SocketAddr, hello: &str) -> Outcome<Self> {
        let mut client = Self::connect(address).await?;
        client.exchange(&format!("{hello} client.example.test"), "250").await?;
        Ok(client)
    }

    /// Submission, logged in as alice.
    pub(crate) async fn submission(address: SocketAddr) -> Outcome<Self> {
        let mut client = Self::smtp(address, "EHLO").await?;
        let plain = STANDARD.encode("\0alice@example.test\0alice-secret");
        client.exchange(&format!("AUTH PLAIN {plain}"), "235").await?;
        Ok(client)
    }

    /// Delivers a message to alice; `Ok` is the server's promise.
    pub(crate) async fn deliver(&mut self, message: &str) -> Outcome<()> {
        self.deliver_from("alice@example.test", message, "alice@example.test").await
    }

    /// The same from and to somebody else.
    pub(crate) async fn deliver_from(&mut self, from: &str, message: &str, to: &str) -> Outcome<()> {
        self.exchange(&format!("MAIL FROM:<{from}>"), "250").await?;
        self.exchange(&format!("RCPT TO:<{to}>"), "250").await?;
        self.exchange("DATA", "354").await?;
        self.send(format!("{message}.\r\n").as_bytes()).await?;
        self.expect("250").await
    }

    /// Delivers a message to alice by BDAT; `Ok` is the server's promise.
    pub(crate) async fn deliver_chunk(&mut self, message: &str) -> Outcome<()> {
        self.exchange("MAIL FROM:<alice@example.test>", "250").await?;
        self.exchange("RCPT TO:<alice@example.test>", "250").await?;
        self.send(format!("BDAT {} LAST\r\n{message}", message.len()).as_bytes()).await?;
        self.expect("250").await
    }

    /// Delivers a message by LMTP, and gives the reply for each recipient.
    pub(crate) async fn lmtp_replies(&mut self, message: &str, to: &[&str]) -> Outcome<Vec<String>> {
        self.exchange("MAIL FROM:<alice@example.test>", "250").await?;
        for recipient in to {
            self.exchange(&format!("RCPT TO:<{recipient}>"), "250").await?;
        }
        self.exchange("DATA", "354").await?;
        self.send(format!("{message}.\r\n").as_bytes()).await?;
        let mut replies = Vec::new();
        for _ in to {
            replies.push(String::from_utf8_lossy(&self.line().await?).into_owned());
        }
        Ok(replies)
    }

    /// IMAP, logged in as alice.
    pub(crate) async fn imap(address: SocketAddr) -> Outcome<Self> {
        let mut client = Self::connect(address).await?;
        client.imap_command("LOGIN alice alice-secret").await?;
        Ok(client)
    }

    /// Runs an IMAP command; `Ok` is a tagged OK, and gives the tag.
    pub(crate) async fn imap_command(&mut self, command: &str) -> Outcome<String> {
        let tag = self.next_tag();
        self.send(format!("{tag} {command}\r\n").as_bytes()).await?;
        self.tagged_ok(&tag).await?;
        Ok(tag)
    }

    /// Runs an IMAP command; gives the untagged lines before a tagged OK.
    pub(crate) async fn imap_lines(&mut self, command: &str) -> Outcome<Vec<String>> {
        let tag = self.next_tag();
        self.send(format!("{tag} {command}\r\n").as_bytes()).await?;
        let mut lines = Vec::new();
        loop {
            let line = String::from_utf8_lossy(&self.line().await?).into_owned();
            match line.starts_with(&tag) {
                true if line.starts_with(&format!("{tag} OK")) => return Ok(lines),
                true => return Err(line),
                false => lines.push(line),
            }
        }
    }

    /// Appends a message to the INBOX; `Ok` is the server's promise.
    pub(crate) async fn append(&mut self, message: &str) -> Outcome<String> {
        let tag = self.next_tag();
        self.exchange(&format!("{tag} APPEND INBOX {{{}}}", message.len()), "+").await?;
        self.send(format!("{message}\r\n").as_bytes()).await?;
        self.tagged_ok(&tag).await?;
        Ok(tag)
    }

    fn next_tag(&mut self) -> String {
        self.tag += 1;
        format!("t{:04}", self.tag)
    }

    async fn tagged_ok(&mut self, tag: &str) -> Outcome<()> {
        loop {
            let line = String::from_utf8_lossy(&self.line().await?).into_owned();
            if line.starts_with(&format!("{tag} OK")) {
                return Ok(());
            }
            if line.starts_with(tag) {
                return Err(line);
            }
        }
    }

    /// POP3, logged in as alice.
    pub(crate) async fn pop3(address: SocketAddr) -> Outcome<Self> {
        let mut client = Self::connect(address).await?;
        client.pop3_command("USER alice").await?;
        client.pop3_command("PASS alice-secret").await?;
        Ok(client)
    }

    /// Runs a POP3 command with a one-line reply, which must be positive.
    pub(crate) async fn pop3_command(&mut self, command: &str) -> Outcome<()> {
        self.exchange(command, "+OK").await
    }

    /// Every message of the maildrop.
    pub(crate) async fn retrieve_all(&mut self) -> Outcome<Vec<String>> {
        self.send(b"STAT\r\n").await?;
        let status = String::from_utf8_lossy(&self.line().await?).into_owned();
        let count: usize = status
            .split(' ')
            .nth(1)
            .and_then(|count| count.parse().ok())
            .ok_or_else(|| format!("no drop listing: {status}"))?;
        let mut messages = Vec::with_capacity(count);
        for number in 1..=count {
            self.exchange(&format!("RETR {number}"), "+OK").await?;
            messages.push(self.payload().await?);
        }
        Ok(messages)
    }

    async fn payload(&mut self) -> Outcome<String> {
        let mut payload = String::new();
        loop {
            let line = self.line().await?;
            if line == b".\r\n" {
                return Ok(payload);
            }
            payload.push_str(&String::from_utf8_lossy(line.strip_prefix(b".").unwrap_or(&line)));
        }
    }

    /// Reads until the server closes, which it must.
    pub(crate) async fn closed(mut self) -> Outcome<()> {
        let mut rest = Vec::new();
        bounded(self.stream.read_to_end(&mut rest)).await?;
        Ok(())
    }
}

/// Waits until alice can log in: a server that commits late is ready before she can.
pub(crate) async fn wait_for_alice(pop3: SocketAddr) -> Outcome<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match Client::pop3(pop3).await {
            Ok(mut client) => {
                client.pop3_command("QUIT").await?;
                return client.closed().await;
            }
            Err(error) if Instant::now() > deadline => return Err(error),
            Err(_) => sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn bounded<T>(work: impl Future<Output = std::io::Result<T>>) -> Outcome<T> {
    match timeout(PATIENCE, work).await {
        Ok(outcome) => outcome.map_err(|error| error.to_string()),
        Err(_) => Err("no answer in time".to_owned()),
    }
}
