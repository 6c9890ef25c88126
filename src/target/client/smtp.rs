//! SMTP and LMTP, as far as a delivery and a probe need it.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{ClientError, Dial, Lines, dot_stuffed, refused};
use crate::wire::Recorder;

/// Which greeting, and how many answers a message has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// RFC 5321.
    Smtp,
    /// RFC 2033: LHLO, and one answer a recipient after the message.
    Lmtp,
}

/// A connection to an SMTP or LMTP server, greeted.
#[derive(Debug)]
pub struct SmtpClient {
    lines: Lines,
    dialect: Dialect,
    greeting: Vec<u8>,
    extensions: Vec<String>,
}

impl SmtpClient {
    /// Connects and says EHLO or LHLO.
    ///
    /// # Errors
    /// When the server does not let itself be greeted.
    pub async fn open(
        dial: Dial,
        dialect: Dialect,
        recorder: Arc<Recorder>,
        name: &str,
    ) -> Result<Self, ClientError> {
        let lines = Lines::open(dial, recorder, name).await?;
        let mut client = Self { lines, dialect, greeting: Vec::new(), extensions: Vec::new() };
        client.greeting = client.expect("the greeting", 2).await?.concat();
        client.hello().await?;
        Ok(client)
    }

    /// The server's first reply.
    #[must_use]
    pub fn greeting(&self) -> &[u8] {
        &self.greeting
    }

    /// What EHLO told: one keyword with its parameters an item.
    #[must_use]
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }

    /// Authenticates with AUTH PLAIN (RFC 4954; RFC 4616), over TLS where AUTH is not told before it.
    ///
    /// # Errors
    /// When the server does not take it.
    pub async fn login(&mut self, user: &str, secret: &str) -> Result<(), ClientError> {
        let tells = |client: &Self, word: &str| {
            client
                .extensions
                .iter()
                .any(|line| line.split(' ').next().is_some_and(|keyword| keyword.eq_ignore_ascii_case(word)))
        };
        if !tells(self, "AUTH") && tells(self, "STARTTLS") {
            self.start_tls().await?;
        }
        let blob = STANDARD.encode(format!("\0{user}\0{secret}"));
        self.lines.send(format!("AUTH PLAIN {blob}\r\n").as_bytes()).await?;
        self.expect("AUTH PLAIN", 2).await.map(|_| ())
    }

    /// Upgrades to TLS and greets anew (RFC 3207, section 4.2).
    ///
    /// # Errors
    /// When the server refuses, or the handshake fails.
    pub async fn start_tls(&mut self) -> Result<(), ClientError> {
        self.lines.send(b"STARTTLS\r\n").await?;
        self.expect("STARTTLS", 2).await?;
        self.lines.start_tls().await?;
        self.hello().await
    }

    /// Hands over one message, line ends as they are, dots stuffed.
    ///
    /// # Errors
    /// When a command or the message is refused.
    pub async fn deliver(&mut self, from: &str, to: &str, message: &[u8]) -> Result<(), ClientError> {
        self.lines.send(format!("MAIL FROM:<{from}>\r\n").as_bytes()).await?;
        self.expect("MAIL", 2).await?;
        self.lines.send(format!("RCPT TO:<{to}>\r\n").as_bytes()).await?;
        self.expect("RCPT", 2).await?;
        self.lines.send(b"DATA\r\n").await?;
        self.expect("DATA", 3).await?;
        self.lines.send(&dot_stuffed(message)).await?;
        self.expect("the message", 2).await.map(|_| ())
    }

    /// Says QUIT and closes.
    pub async fn quit(mut self) {
        if self.lines.send(b"QUIT\r\n").await.is_ok() {
            let _ = self.reply("QUIT").await;
        }
        self.lines.connection.close().await;
    }

    async fn hello(&mut self) -> Result<(), ClientError> {
        let verb = match self.dialect {
            Dialect::Smtp => "EHLO",
            Dialect::Lmtp => "LHLO",
        };
        let command = format!("{verb} {}\r\n", self.lines.dial.client);
        self.lines.send(command.as_bytes()).await?;
        let reply = self.expect(verb, 2).await?;
        let text =
            |line: &Vec<u8>| String::from_utf8_lossy(line.get(4..).unwrap_or_default()).trim_end().to_owned();
        self.extensions = reply.iter().skip(1).map(text).filter(|line| !line.is_empty()).collect();
        Ok(())
    }

    async fn expect(&mut self, asked: &str, class: u8) -> Result<Vec<Vec<u8>>, ClientError> {
        let reply = self.reply(asked).await?;
        let positive = reply.last().and_then(|line| line.first()) == Some(&(b'0' + class));
        if positive { Ok(reply) } else { Err(refused(asked, &reply.concat())) }
    }

    /// The lines of one reply.
    async fn reply(&mut self, asked: &str) -> Result<Vec<Vec<u8>>, ClientError> {
        let mut reply = Vec::new();
        loop {
            let line = self.lines.line(asked).await?;
            let continues = line.get(3) == Some(&b'-');
            reply.push(line);
            if !continues || reply.len() > 1000 {
                return Ok(reply);
            }
        }
    }
}
