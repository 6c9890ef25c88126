//! A live session made into a script: what went over a proxy, as `connect`, `talk` and `data`
//! steps that replay it.
//!
//! [`proxy`] lets a mail program talk to a target and keeps what is said; [`script()`] reads both
//! sides, protocol by protocol, and writes the script. Names and secrets of the leased accounts
//! become variables, authentications become `sasl` steps, and what changes from one session to
//! the next (dates, sizes, UIDs, UIDVALIDITY) becomes a pattern. TLS is not recorded: the proxy
//! sees what is said in plaintext.

mod imap;
mod names;
mod pop3;
pub mod proxy;
mod sasl;
mod smtp;
mod writing;

pub use names::Names;
pub use writing::script;

/// Who did something on a recorded connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// The client connected.
    Opened,
    /// Octets of the client.
    Client(Vec<u8>),
    /// Octets of the server.
    Server(Vec<u8>),
    /// The server closed.
    ServerClosed,
    /// The client closed.
    ClientClosed,
}

/// Something that happened on a recorded connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Which connection, from 0 in the order of their opening.
    pub connection: usize,
    /// What happened.
    pub said: Said,
}

/// What becomes a line or a step of the script.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    /// `C: …`, a template.
    Command(String),
    /// `S: …` that ends an exchange and is judged.
    Answer(String),
    /// `S: …` on the way there.
    Response(String),
    /// A message after 354, dots unstuffed.
    Data(Vec<u8>),
    /// Octets that no `C:` line can say.
    Octets(Vec<u8>),
    /// An authentication: mechanism, account, outcome.
    Sasl { mechanism: &'static str, account: String, let_in: bool },
}

/// One side-by-side reading of a connection in its protocol.
trait Reader {
    /// Octets of the client.
    fn client(&mut self, octets: &[u8], out: &mut Page<'_>);
    /// Octets of the server.
    fn server(&mut self, octets: &[u8], out: &mut Page<'_>);
    /// Whether the client said its farewell.
    fn is_over(&self) -> bool;
}

/// Where a reader writes.
struct Page<'a> {
    names: &'a Names,
    items: Vec<Item>,
    /// Texts that stand in `let`: message contents and literals.
    texts: &'a mut Vec<Vec<u8>>,
}

impl Page<'_> {
    /// A client's line as `C:`, or as octets where it has what no line can show.
    fn command(&mut self, line: &[u8]) {
        match std::str::from_utf8(line) {
            Ok(text) if !text.chars().any(char::is_control) => {
                let template = self.names.template(text);
                self.items.push(Item::Command(template));
            }
            _ => self.items.push(Item::Octets([line, b"\r\n"].concat())),
        }
    }

    /// Keeps a text for `let`; gives its variable's name.
    fn text(&mut self, octets: Vec<u8>) -> String {
        self.texts.push(octets);
        format!("text{}", self.texts.len())
    }
}

/// Takes whole lines off the head of a buffer, without their ends.
fn take_line(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    let end = buffer.iter().position(|octet| *octet == b'\n')?;
    let mut line: Vec<u8> = buffer.drain(..=end).collect();
    line.pop();
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Some(line)
}

/// The first word of a line, upper case.
fn verb(line: &[u8]) -> String {
    let word = line.split(|octet| *octet == b' ').next().unwrap_or_default();
    String::from_utf8_lossy(word).to_ascii_uppercase()
}
