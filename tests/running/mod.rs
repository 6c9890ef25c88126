//! A `mailspec serve` process with every service on a free port, ended with the test.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub(crate) const SERVICES: [&str; 8] =
    ["smtp", "submission", "submissions", "lmtp", "pop3", "pop3s", "imap", "imaps"];

/// `mailspec serve` with these arguments.
pub(crate) fn serve(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailspec"));
    command.arg("serve").args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A running server, ended with the test.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) listeners: Vec<(String, String)>,
}

impl Running {
    /// Starts a server with every service on a free port.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = serve(arguments);
        for service in SERVICES {
            command.arg(format!("--{service}")).arg("127.0.0.1:0");
        }
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut listeners = Vec::new();
        loop {
            let line = lines.next().expect("the server ended").unwrap();
            match line.split_once(' ') {
                Some((service, address)) => listeners.push((service.to_owned(), address.to_owned())),
                None => {
                    assert_eq!(line, "ready");
                    return Self { child, listeners };
                }
            }
        }
    }

    /// A connection to one of its services.
    pub(crate) fn connect(&self, service: &str) -> TcpStream {
        let (_, address) = self.listeners.iter().find(|(name, _)| name == service).unwrap();
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One line of what it says.
pub(crate) fn read_line(stream: &TcpStream) -> String {
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    line
}

/// Says each line to the server, and wants the last line of each reply to begin so.
pub(crate) fn converse(stream: &TcpStream, lines: &[(&str, &str)]) {
    let mut replies = BufReader::new(stream.try_clone().unwrap()).lines();
    for (line, wanted) in lines {
        (&mut &*stream).write_all(format!("{line}\r\n").as_bytes()).unwrap();
        let reply = loop {
            let reply = replies.next().expect("a reply").unwrap();
            if reply.as_bytes().get(3) != Some(&b'-') {
                break reply;
            }
        };
        assert!(reply.starts_with(wanted), "{line}: {reply}");
    }
}
