//! A client that costs little: blocking, and it looks no closer at answers than it must.

use std::io::{BufRead, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// A connection. What goes wrong on it ends the bench, with a word on what it was.
pub(crate) struct Wire {
    stream: TcpStream,
    address: SocketAddr,
    /// The beginning of what was sent last, for whoever must say what went wrong.
    said: String,
    buffer: Vec<u8>,
    used: usize,
    filled: usize,
    tags: u32,
}

impl Wire {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address)
            .unwrap_or_else(|error| panic!("{address} does not take one more connection: {error}"));
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self {
            stream,
            address,
            said: String::new(),
            buffer: vec![0; 256 * 1024],
            used: 0,
            filled: 0,
            tags: 0,
        }
    }

    pub(crate) fn send(&mut self, octets: &[u8]) {
        self.said = String::from_utf8_lossy(octets.get(..60).unwrap_or(octets)).into_owned();
        if let Err(error) = self.stream.write_all(octets) {
            panic!("{} does not read {:?}: {error}", self.address, self.said);
        }
    }

    fn fill(&mut self) {
        self.used = 0;
        self.filled = match self.stream.read(&mut self.buffer) {
            Ok(0) => panic!("{} has closed after {:?}", self.address, self.said),
            Ok(count) => count,
            Err(error) => panic!("{} does not answer {:?}: {error}", self.address, self.said),
        };
    }

    /// The next line, without its end.
    pub(crate) fn line(&mut self) -> String {
        let mut line = Vec::new();
        self.read_line(&mut line);
        String::from_utf8_lossy(&line).trim_end().to_owned()
    }

    fn read_line(&mut self, line: &mut Vec<u8>) {
        line.clear();
        while !line.ends_with(b"\n") {
            if self.used == self.filled {
                self.fill();
            }
            let mut rest = &self.buffer[self.used..self.filled];
            self.used += rest.read_until(b'\n', line).expect("a slice can be read");
        }
    }

    /// Skips a multi-line reply of POP3, up to its dot.
    pub(crate) fn skip_to_dot(&mut self) {
        let mut line = Vec::new();
        while line != b".\r\n" {
            self.read_line(&mut line);
        }
    }

    /// An SMTP reply.
    pub(crate) fn reply(&mut self) -> String {
        loop {
            let line = self.line();
            if line.as_bytes().get(3) != Some(&b'-') {
                return line;
            }
        }
    }

    /// Reads octets up to those that end with the text, and says how many there were. Nothing may
    /// be read ahead of it.
    pub(crate) fn until(&mut self, ended: impl Fn(&[u8]) -> bool) -> u64 {
        let mut octets = 0;
        let mut tail: Vec<u8> = Vec::new();
        loop {
            if self.used == self.filled {
                self.fill();
            }
            let piece = &self.buffer[self.used..self.filled];
            octets += piece.len() as u64;
            tail.extend_from_slice(&piece[piece.len().saturating_sub(2000)..]);
            let surplus = tail.len().saturating_sub(2000);
            tail.drain(..surplus);
            self.used = self.filled;
            if ended(&tail) {
                return octets;
            }
        }
    }

    /// Sends an IMAP command and reads all of its answer; gives its octets.
    pub(crate) fn command(&mut self, command: &str) -> u64 {
        self.tags += 1;
        let tag = format!("Zq{}", self.tags);
        self.send(format!("{tag} {command}\r\n").as_bytes());
        self.finish(&tag, command)
    }

    /// Reads up to the tagged answer, which must be OK.
    pub(crate) fn finish(&mut self, tag: &str, what: &str) -> u64 {
        let (ok, any) = (format!("{tag} OK"), format!("{tag} "));
        let last_line = |tail: &[u8]| {
            let text = tail.strip_suffix(b"\r\n")?;
            let start = text.iter().rposition(|&octet| octet == b'\n').map_or(0, |at| at + 1);
            Some(text[start..].to_vec())
        };
        let mut answer = Vec::new();
        let octets = self.until(|tail| last_line(tail).is_some_and(|line| line.starts_with(any.as_bytes())));
        answer.extend_from_slice(&self.buffer[self.filled.saturating_sub(2000)..self.filled]);
        let line = last_line(&answer).unwrap_or_default();
        assert!(
            line.starts_with(ok.as_bytes()) || !line.starts_with(any.as_bytes()),
            "{what}: {}",
            String::from_utf8_lossy(&line)
        );
        octets
    }

    /// A session of IMAP that has logged in.
    pub(crate) fn imap(address: SocketAddr, user: &str) -> Self {
        let mut wire = Self::connect(address);
        wire.line();
        wire.command(&format!("LOGIN {user} {user}-secret"));
        wire
    }

    /// A session of POP3 that has logged in.
    pub(crate) fn pop3(address: SocketAddr, user: &str) -> Self {
        let mut wire = Self::connect(address);
        wire.line();
        for command in [format!("USER {user}"), format!("PASS {user}-secret")] {
            wire.send(format!("{command}\r\n").as_bytes());
            let line = wire.line();
            assert!(line.starts_with("+OK"), "{line}");
        }
        wire
    }
}

/// A message of about so many octets.
pub(crate) fn message(number: usize, octets: usize) -> String {
    let mut text = format!(
        "Date: Thu, 26 Nov 2026 10:00:00 +0000\r\nFrom: \"A. Sender\" <sender{number}@example.org>\r\n\
         To: \"B. Recipient\" <user01@example.test>, \"C. Other\" <other@example.org>\r\n\
         Subject: Message number {number} of a bench\r\nMessage-ID: <{number}.bench@example.org>\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    );
    let line = format!("{number:07} the quick brown fox jumps over the lazy dog, and so on and on\r\n");
    while text.len() + line.len() <= octets {
        text.push_str(&line);
    }
    text
}

/// Runs the work on so many threads at once; gives the seconds from when all are prepared until the
/// last has done, and what they gave.
pub(crate) fn together<W: Send, T: Send>(
    count: usize,
    prepare: impl Fn(usize) -> W + Sync,
    work: impl Fn(usize, W) -> T + Sync,
) -> (f64, Vec<T>) {
    let prepared = on_threads((0..count).map(|number| {
        let prepare = &prepare;
        move || prepare(number)
    }));
    let start = Instant::now();
    let results = on_threads(prepared.into_iter().enumerate().map(|(number, prepared)| {
        let work = &work;
        move || work(number, prepared)
    }));
    (start.elapsed().as_secs_f64(), results)
}

/// Does each piece of work on a thread of its own. Where one of them fails its reason ends the bench,
/// once the others have done.
fn on_threads<T: Send, F: FnOnce() -> T + Send>(pieces: impl Iterator<Item = F>) -> Vec<T> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = pieces.map(|piece| scope.spawn(piece)).collect();
        let results: Vec<_> = threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        results
            .into_iter()
            .map(|result| result.unwrap_or_else(|why| std::panic::resume_unwind(why)))
            .collect()
    })
}
