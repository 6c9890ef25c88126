//! Authentications that the harness computes.

use super::talk::Law;
use crate::sasl::{Flaw, Mechanism};
use crate::script::template::Template;

/// An authentication that the harness computes.
#[derive(Debug, Clone)]
pub struct Sasl {
    /// How.
    pub mechanism: Mechanism,
    /// Whose name and secret, unless `user` says another name.
    pub account: String,
    /// Another login name than the account's.
    pub user: Option<Template>,
    /// Another password than the account's.
    pub secret: Option<Template>,
    /// Whom to act as; nobody else unless given.
    pub authzid: Option<Template>,
    /// The bearer token of the OAuth mechanisms, in place of the account's.
    pub token: Option<Template>,
    /// What a PLUS variant binds to; the best that the connection has unless given.
    pub binding: Option<ChannelType>,
    /// Where the client's first message stands.
    pub initial: Initial,
    /// What is wrong in the client's messages.
    pub tamper: Option<Tamper>,
    /// What must come of it.
    pub outcome: SaslOutcome,
    /// What it judges.
    pub law: Option<Law>,
}

/// A type of channel binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelType {
    /// RFC 9266, in TLS 1.3.
    Exporter,
    /// RFC 5929, section 4.
    ServerEndPoint,
}

impl ChannelType {
    /// Every type with its registered name.
    pub const ALL: [(&'static str, Self); 2] =
        [("tls-exporter", Self::Exporter), ("tls-server-end-point", Self::ServerEndPoint)];

    /// The registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exporter => "tls-exporter",
            Self::ServerEndPoint => "tls-server-end-point",
        }
    }
}

/// Where the client's first message stands, in a mechanism in which the client begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Initial {
    /// In the command, where the protocol allows it and the line is not too long for it.
    Auto,
    /// In the command.
    InCommand,
    /// Behind an empty challenge.
    AfterChallenge,
}

/// What is wrong in the client's messages.
#[derive(Debug, Clone)]
pub enum Tamper {
    /// A flaw in the mechanism, all else being right.
    Flaw(Flaw),
    /// Another text in place of one message.
    Message {
        /// Which one, from 1.
        number: usize,
        /// By what it is replaced.
        by: Replacement,
    },
}

/// What is sent in place of a message.
#[derive(Debug, Clone)]
pub enum Replacement {
    /// This message, in base64.
    Text(Template),
    /// This line, as it is.
    Line(Template),
    /// The message without its last octets.
    Cut(usize),
}

/// What must come of an authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaslOutcome {
    /// The client is let in, and the server has said all that the mechanism asks of it.
    Success,
    /// The client is refused.
    Refused,
}
