//! How connections are opened and secured, and octets that are sent as written.

use std::time::Duration;

use super::endpoint::Endpoint;
use crate::script::template::Template;

/// Octets exactly as written, and how they are cut into writes.
#[derive(Debug, Clone)]
pub struct Send {
    /// The octets.
    pub octets: Template,
    /// How they are cut.
    pub cut: Cut,
    /// How long to wait between two writes.
    pub pause: Duration,
}

/// How octets are cut into writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cut {
    /// One write.
    Whole,
    /// Writes of so many octets each; what is left goes into a last one.
    Sizes(Vec<usize>),
    /// Each write has so many octets.
    Each(usize),
}

/// How a connection is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// The connection's name, `main` unless given.
    pub name: String,
    /// The account, the case's first unless given.
    pub account: String,
    /// The endpoint: named, or the default of the protocol.
    pub endpoint: Endpoint,
    /// What TLS on this connection is to be like, from the first octet or behind STARTTLS.
    pub tls: TlsWish,
}

/// What a script asks of the client's side of TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsWish {
    /// The only version to offer.
    pub version: Option<TlsVersion>,
    /// The server name to ask for (RFC 6066, section 3) in place of the profile's.
    pub name: Option<String>,
    /// The certificate that is presented where the server asks for one.
    pub certificate: Option<Presented>,
}

/// A client certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// The account that it is for.
    pub account: String,
    /// Who signed it.
    pub signer: Signer,
}

/// Who signed a client certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    /// Whoever the target believes.
    Authority,
    /// It is signed by its own key, and nobody else.
    Itself,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246).
    V12,
    /// TLS 1.3 (RFC 8446).
    V13,
}

impl TlsVersion {
    /// Every version with its name in scripts.
    pub const ALL: [(&'static str, Self); 2] = [("1.2", Self::V12), ("1.3", Self::V13)];
}

/// What becomes of the compression of an IMAP connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compress {
    /// COMPRESS, its positive answer, and the layer begins.
    Command,
    /// The layer begins: a talk did the command.
    Begin,
    /// The layer ends: a talk did the command that ends it.
    End,
}

/// Whether the harness also says STARTTLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartTls {
    /// The command, its positive answer, and the handshake.
    Command,
    /// The handshake alone: a talk did the command.
    HandshakeOnly,
}

/// A message after 354.
#[derive(Debug, Clone)]
pub enum Data {
    /// Line ends made CRLF, dots stuffed, the final dot added.
    Message(Template),
    /// Octets as they are.
    Raw(Template),
}
