//! POP3, as far as reading and emptying a maildrop needs it.

use std::sync::Arc;
use std::time::Duration;

use super::{ClientError, Dial, Lines, MAX_REPLY, refused};
use crate::wire::Recorder;

/// How often a locked maildrop is tried again: the session before may not have ended yet.
const LOCK_TRIES: usize = 20;

/// A connection to a POP3 server, greeted.
#[derive(Debug)]
pub struct Pop3Client {
    lines: Lines,
    greeting: Vec<u8>,
}

impl Pop3Client {
    /// Connects and reads the greeting.
    ///
    /// # Errors
    /// When there is none.
    pub async fn open(dial: Dial, recorder: Arc<Recorder>, name: &str) -> Result<Self, ClientError> {
        let mut lines = Lines::open(dial, recorder, name).await?;
        let greeting = lines.line("the greeting").await?;
        if !greeting.starts_with(b"+OK") {
            return Err(refused("the greeting", &greeting));
        }
        Ok(Self { lines, greeting })
    }

    /// The server's first line.
    #[must_use]
    pub fn greeting(&self) -> &[u8] {
        &self.greeting
    }

    /// What CAPA tells (RFC 2449), and CAPA itself, which need not stand in its own list; nothing
    /// where the server does not know it.
    ///
    /// # Errors
    /// When no reply comes.
    pub async fn capabilities(&mut self) -> Result<Vec<String>, ClientError> {
        self.lines.send(b"CAPA\r\n").await?;
        if !self.lines.line("CAPA").await?.starts_with(b"+OK") {
            return Ok(Vec::new());
        }
        let payload = self.payload("CAPA").await?;
        let payload = String::from_utf8_lossy(&payload);
        let told = payload.lines().map(|line| line.trim_end().to_owned());
        Ok(std::iter::once("CAPA".to_owned()).chain(told).collect())
    }

    /// Upgrades to TLS (STLS, RFC 2595).
    ///
    /// # Errors
    /// When the server refuses, or the handshake fails.
    pub async fn start_tls(&mut self) -> Result<(), ClientError> {
        self.command("STLS").await?;
        self.lines.start_tls().await
    }

    /// Logs in by USER and PASS; a locked maildrop is waited for a little.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn login(&mut self, user: &str, secret: &str) -> Result<(), ClientError> {
        for _ in 0..LOCK_TRIES {
            self.command(&format!("USER {user}")).await?;
            self.lines.send(format!("PASS {secret}\r\n").as_bytes()).await?;
            let reply = self.lines.line("PASS").await?;
            if reply.starts_with(b"+OK") {
                return Ok(());
            }
            let text = String::from_utf8_lossy(&reply).to_ascii_lowercase();
            if !text.contains("in-use") && !text.contains("lock") {
                return Err(refused("PASS", &reply));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(ClientError::Refused("PASS".to_owned(), "the maildrop stays locked".to_owned()))
    }

    /// Every message's octets, unstuffed, by number.
    ///
    /// # Errors
    /// When a command is refused.
    pub async fn messages(&mut self) -> Result<Vec<Vec<u8>>, ClientError> {
        let count = self.count().await?;
        let mut messages = Vec::new();
        for number in 1..=count {
            self.command(&format!("RETR {number}")).await?;
            messages.push(self.payload("RETR").await?);
        }
        Ok(messages)
    }

    /// Deletes every message; QUIT makes it so.
    ///
    /// # Errors
    /// When a command is refused.
    pub async fn delete_all(&mut self) -> Result<(), ClientError> {
        for number in 1..=self.count().await? {
            self.command(&format!("DELE {number}")).await?;
        }
        Ok(())
    }

    /// Says QUIT, waits for its answer, and closes.
    ///
    /// # Errors
    /// When the answer is negative: nothing was deleted then.
    pub async fn quit(mut self) -> Result<(), ClientError> {
        let answer = self.command("QUIT").await;
        self.lines.connection.close().await;
        answer.map(|_| ())
    }

    async fn count(&mut self) -> Result<usize, ClientError> {
        let reply = self.command("STAT").await?;
        let text = String::from_utf8_lossy(&reply).into_owned();
        text.split_whitespace()
            .nth(1)
            .and_then(|word| word.parse().ok())
            .filter(|count| *count <= 1_000_000)
            .ok_or_else(|| refused("STAT", &reply))
    }

    async fn command(&mut self, command: &str) -> Result<Vec<u8>, ClientError> {
        let asked = command.split(' ').next().unwrap_or(command).to_owned();
        self.lines.send(format!("{command}\r\n").as_bytes()).await?;
        let reply = self.lines.line(&asked).await?;
        if reply.starts_with(b"+OK") { Ok(reply) } else { Err(refused(&asked, &reply)) }
    }

    /// A multi-line payload up to its dot (RFC 1939, section 3).
    async fn payload(&mut self, asked: &str) -> Result<Vec<u8>, ClientError> {
        let mut payload = Vec::new();
        loop {
            let line = self.lines.line(asked).await?;
            if line == b".\r\n" || line == b".\n" {
                return Ok(payload);
            }
            payload.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            if payload.len() > MAX_REPLY {
                return Err(refused(asked, b"the payload has no end"));
            }
        }
    }
}
