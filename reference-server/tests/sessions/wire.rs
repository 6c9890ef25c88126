//! A connection, and what went over all of them last.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::response::{Response, read};

/// The longest that an answer may take; long only where the machine is busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many lines a picture of what went wrong has.
const KEPT: usize = 60;

/// The last lines of all connections, in the order in which they went.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<VecDeque<String>>>);

impl Log {
    fn add(&self, name: usize, speaker: &str, text: &[u8]) {
        let mut lines = self.0.lock().unwrap();
        lines.push_back(format!("{name} {speaker}: {}", text.escape_ascii()));
        if lines.len() > KEPT {
            lines.pop_front();
        }
    }

    pub(crate) fn lines(&self) -> String {
        self.0.lock().unwrap().iter().fold(String::new(), |all, line| all + line + "\n")
    }
}

pub(crate) struct Wire {
    stream: BufReader<TcpStream>,
    name: usize,
    tags: u32,
    log: Log,
}

impl Wire {
    /// Connects, reads the greeting and logs in.
    pub(crate) async fn open(address: SocketAddr, name: usize, log: Log) -> Result<Self, String> {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let mut wire = Self { stream: BufReader::new(stream), name, tags: 0, log };
        wire.response().await?;
        let tag = wire.send("LOGIN alice secret").await;
        loop {
            match wire.response().await? {
                Response::Condition { tag: Some(told), word, .. } if told == tag && word == "OK" => {
                    return Ok(wire);
                }
                Response::Condition { tag: Some(_), .. } => return Err("no login".to_owned()),
                _ => {}
            }
        }
    }

    /// Sends a command; gives its tag.
    pub(crate) async fn send(&mut self, command: &str) -> String {
        self.tags += 1;
        let tag = format!("t{}", self.tags);
        self.send_line(&format!("{tag} {command}")).await;
        tag
    }

    pub(crate) async fn send_line(&mut self, line: &str) {
        self.log.add(self.name, "C", line.as_bytes());
        self.stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
    }

    pub(crate) async fn response(&mut self) -> Result<Response, String> {
        let mut text = Vec::new();
        loop {
            let line = timeout(PATIENCE, self.stream.read_until(b'\n', &mut text)).await;
            match line {
                Err(_) => return Err("no answer".to_owned()),
                Ok(Ok(count)) if count > 0 && text.ends_with(b"\r\n") => {}
                Ok(_) => return Err("the connection is closed".to_owned()),
            }
            let Some(size) = literal_size(&text) else {
                text.truncate(text.len() - 2);
                self.log.add(self.name, "S", &text);
                return Ok(read(&text));
            };
            let from = text.len();
            text.resize(from + size, 0);
            let literal = timeout(PATIENCE, self.stream.read_exact(&mut text[from..])).await;
            literal.map_err(|_| "half a literal")?.map_err(|_| "closed within a literal")?;
        }
    }

    /// Nothing has been sent while no command was in progress.
    pub(crate) fn is_quiet(&self) -> bool {
        self.stream.buffer().is_empty() && self.stream.get_ref().try_read(&mut [0]).is_err()
    }
}

fn literal_size(line: &[u8]) -> Option<usize> {
    let body = line.strip_suffix(b"}\r\n")?;
    let open = body.iter().rposition(|&octet| octet == b'{')?;
    std::str::from_utf8(&body[open + 1..]).ok()?.parse().ok()
}
