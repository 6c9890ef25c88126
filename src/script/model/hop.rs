//! The server's side: next hops, and what the target says to them.

use super::check::MessageTraits;
use super::settings::Settings;
use super::suite::Lifecycle;
use super::talk::Law;
use crate::script::pattern::TextPattern;
use crate::script::template::Template;
use crate::source::Span;

/// A next hop of a case: a domain whose mail the target hands to a port at which we listen.
#[derive(Debug, Clone)]
pub struct GivenHop {
    /// Its name in the script.
    pub name: String,
}

/// A further reference server, behind a next hop.
#[derive(Debug, Clone)]
pub struct GivenServer {
    /// The next hop's name, which is its name.
    pub hop: String,
    /// Names of its accounts.
    pub accounts: Vec<String>,
    /// How it is set.
    pub settings: Settings,
}

/// A name, and what it has in the DNS.
#[derive(Debug, Clone)]
pub struct GivenName {
    /// The name.
    pub name: Template,
    /// What it has.
    pub has: NameHas,
}

/// What a name has in the DNS.
#[derive(Debug, Clone)]
pub enum NameHas {
    /// MX records as `10 host`, and addresses.
    Records {
        /// `10 mail.example`, or `0 .`.
        mx: Vec<Template>,
        /// IPv4 and IPv6 addresses.
        addresses: Vec<Template>,
    },
    /// There is no such name.
    NoSuchName,
    /// The name server fails.
    Failure,
    /// The name server does not answer.
    Silence,
}

/// What a step does at a next hop, or on a connection that was accepted there.
#[derive(Debug, Clone)]
pub enum HopAction {
    /// Take the next connection.
    Accept {
        /// Of this next hop.
        hop: String,
        /// What it judges that there is one.
        law: Option<Law>,
    },
    /// A conversation in which we are the server.
    Talk(ServedTalk),
    /// Take the message behind `354`, or so many octets.
    Receive(Receive),
    /// Answer all connections from here on without the script.
    Serve(Serve),
    /// Take a message that came while the script was not asked.
    Arrival(Arrival),
    /// Bind what was said while the script was not asked.
    Heard {
        /// At this next hop.
        hop: String,
        /// The variable.
        bind: String,
    },
    /// Say what names have, to whom the target asks.
    Dns(Vec<GivenName>),
    /// End the server behind a next hop.
    Stop {
        /// Its name.
        server: String,
        /// In good order, or by SIGKILL.
        how: Lifecycle,
    },
    /// Start the server behind a next hop again.
    Start {
        /// Its name.
        server: String,
    },
}

impl HopAction {
    /// What it cites, in order.
    #[must_use]
    pub fn laws(&self) -> Vec<&Law> {
        match self {
            Self::Accept { law, .. } => law.iter().collect(),
            Self::Talk(talk) => {
                talk.turns.iter().flat_map(|turn| &turn.heard).filter_map(|line| line.law.as_ref()).collect()
            }
            Self::Receive(receive) => receive.law.iter().collect(),
            Self::Arrival(arrival) => arrival.law.iter().collect(),
            Self::Serve(_) | Self::Heard { .. } | Self::Stop { .. } | Self::Start { .. } | Self::Dns(_) => {
                Vec::new()
            }
        }
    }

    /// Whether it is about one connection.
    #[must_use]
    pub const fn has_connection(&self) -> bool {
        matches!(self, Self::Accept { .. } | Self::Talk(_) | Self::Receive(_))
    }
}

/// A conversation in which we are the server: turns in order.
#[derive(Debug, Clone)]
pub struct ServedTalk {
    /// What the client must say, then what we answer.
    pub turns: Vec<Turn>,
}

/// What the client must say, and what we answer to it.
#[derive(Debug, Clone)]
pub struct Turn {
    /// Whether it must come.
    pub occurrence: Occurrence,
    /// The `C:` lines, possibly none.
    pub heard: Vec<HeardLine>,
    /// The `S:` lines, sent at once.
    pub said: Vec<Template>,
}

/// Whether a client must say something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occurrence {
    /// `C:`.
    Required,
    /// `C?:`, with what is answered where it comes.
    Optional,
}

/// One `C:` line of a client.
#[derive(Debug, Clone)]
pub struct HeardLine {
    /// What must come.
    pub pattern: TextPattern,
    /// What it judges; `None` is a precondition.
    pub law: Option<Law>,
    /// Where its pattern stands.
    pub span: Span,
    /// Its pattern as written, for reports.
    pub text: String,
}

/// A message, or octets, that the client must send.
#[derive(Debug, Clone)]
pub struct Receive {
    /// The variable that takes it.
    pub bind: String,
    /// So many octets, as behind BDAT; a message up to its final dot without it.
    pub octets: Option<Template>,
    /// What it judges.
    pub law: Option<Law>,
}

/// How connections are answered without the script.
#[derive(Debug, Clone)]
pub struct Serve {
    /// At this next hop.
    pub hop: String,
    /// The lines of the reply to EHLO behind the first; the usual ones when it is not said.
    pub offers: Option<Vec<Template>>,
    /// Answers in place of the usual ones, in turn.
    pub answers: Vec<(Moment, Vec<ServedAnswer>)>,
    /// Answers to RCPT for single local parts, in turn.
    pub recipients: Vec<(String, Vec<ServedAnswer>)>,
}

/// What is done in answer.
#[derive(Debug, Clone)]
pub enum ServedAnswer {
    /// A reply, its lines apart by LF.
    Reply(Template),
    /// Nothing at all.
    Silence,
    /// The connection is closed.
    Drop,
    /// The connection is reset.
    Reset,
}

impl ServedAnswer {
    /// The words that are no replies.
    pub const WORDS: [&'static str; 3] = ["silence", "drop", "reset"];
}

/// What is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// That the connection was opened.
    Greeting,
    /// EHLO.
    Ehlo,
    /// HELO.
    Helo,
    /// STARTTLS.
    StartTls,
    /// MAIL.
    Mail,
    /// RCPT.
    Rcpt,
    /// DATA.
    Data,
    /// The end of a message.
    Message,
    /// RSET.
    Rset,
    /// NOOP.
    Noop,
    /// QUIT.
    Quit,
}

impl Moment {
    /// Every moment with its word in scripts.
    pub const ALL: [(&'static str, Self); 11] = [
        ("greeting", Self::Greeting),
        ("ehlo", Self::Ehlo),
        ("helo", Self::Helo),
        ("starttls", Self::StartTls),
        ("mail", Self::Mail),
        ("rcpt", Self::Rcpt),
        ("data", Self::Data),
        ("message", Self::Message),
        ("rset", Self::Rset),
        ("noop", Self::Noop),
        ("quit", Self::Quit),
    ];

    /// Its word in scripts.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, known)| *known == self).map_or("", |(word, _)| word)
    }
}

/// A message that must have come while the script was not asked.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// At this next hop.
    pub hop: String,
    /// What it must have.
    pub has: MessageTraits,
    /// The variable that takes it.
    pub bind: Option<String>,
    /// What it judges.
    pub law: Option<Law>,
}

impl Arrival {
    /// What stands behind the variable's name and a dot.
    pub const PARTS: [&'static str; 9] =
        ["body", "hello", "mail", "rcpt", "from", "to", "tls", "at", "connection"];
}
