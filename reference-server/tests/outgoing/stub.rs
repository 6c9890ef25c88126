//! A next server that says what a test wants it to say, and remembers what it was told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How it behaves.
#[derive(Clone)]
pub(crate) struct Script {
    /// Its first words.
    pub(crate) greeting: &'static str,
    /// What EHLO lists.
    pub(crate) keywords: Vec<&'static str>,
    /// Replies that are not 250 (or 354, 221): to lines that begin like this.
    pub(crate) replies: Vec<(&'static str, &'static str)>,
}

impl Default for Script {
    fn default() -> Self {
        Self { greeting: "220 stub", keywords: vec!["PIPELINING"], replies: Vec::new() }
    }
}

impl Script {
    pub(crate) fn offering(keywords: &[&'static str]) -> Self {
        Self { keywords: keywords.to_vec(), ..Self::default() }
    }

    pub(crate) fn greeting(greeting: &'static str) -> Self {
        Self { greeting, ..Self::default() }
    }

    pub(crate) fn saying(mut self, to: &'static str, reply: &'static str) -> Self {
        self.replies.push((to, reply));
        self
    }
}

/// The server; it ends with this.
pub(crate) struct Stub {
    pub(crate) address: SocketAddr,
    /// What each connection has said, in the order in which they came.
    sessions: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Stub {
    pub(crate) async fn start(address: &str, script: Script) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let sessions: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&sessions);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let index = {
                    let mut log = log.lock().unwrap();
                    log.push(String::new());
                    log.len() - 1
                };
                tokio::spawn(serve(stream, script.clone(), Arc::clone(&log), index));
            }
        });
        Self { address, sessions, task }
    }

    pub(crate) fn sessions(&self) -> Vec<String> {
        self.sessions.lock().unwrap().clone()
    }

    /// Waits until what the connections have said fits.
    pub(crate) async fn until(&self, fits: impl Fn(&[String]) -> bool) -> Vec<String> {
        for _ in 0..600 {
            let sessions = self.sessions();
            if fits(&sessions) {
                return sessions;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("that did not come: {:?}", self.sessions());
    }

    /// Waits until a session has ended with QUIT, and gives all that was said.
    pub(crate) async fn told(&self) -> String {
        self.until(|all| all.iter().any(|one| one.ends_with("QUIT\r\n"))).await.concat()
    }
}

async fn serve(stream: TcpStream, script: Script, log: Arc<Mutex<Vec<String>>>, index: usize) {
    let mut stream = BufReader::new(stream);
    let _ = stream.get_mut().write_all(format!("{}\r\n", script.greeting).as_bytes()).await;
    let mut in_data = false;
    loop {
        let mut line = Vec::new();
        if stream.read_until(b'\n', &mut line).await.unwrap_or(0) == 0 {
            return;
        }
        let text = String::from_utf8_lossy(&line).into_owned();
        log.lock().unwrap()[index].push_str(&text);
        if in_data && text != ".\r\n" {
            continue;
        }
        let word = text.split([' ', '\r']).next().unwrap_or_default().to_ascii_uppercase();
        if word == "BDAT" {
            let octets: usize = text.split([' ', '\r']).nth(1).unwrap().parse().unwrap();
            let mut chunk = vec![0; octets];
            stream.read_exact(&mut chunk).await.unwrap();
            log.lock().unwrap()[index].push_str(&String::from_utf8_lossy(&chunk));
        }
        let known = script.replies.iter().find(|(begin, _)| text.starts_with(begin));
        let reply = match (known, word.as_str()) {
            (Some((_, reply)), _) => (*reply).to_owned(),
            (None, "EHLO") => {
                let all: Vec<&str> = std::iter::once("stub").chain(script.keywords.iter().copied()).collect();
                let last = all.len() - 1;
                let line = |(index, text): (usize, &&str)| {
                    format!("250{}{text}", if index == last { ' ' } else { '-' })
                };
                all.iter().enumerate().map(line).collect::<Vec<_>>().join("\r\n")
            }
            (None, "DATA") => "354 go".to_owned(),
            (None, "QUIT") => "221 bye".to_owned(),
            (None, _) => "250 OK".to_owned(),
        };
        in_data = reply.starts_with("354");
        if stream.get_mut().write_all(format!("{reply}\r\n").as_bytes()).await.is_err() {
            return;
        }
    }
}
