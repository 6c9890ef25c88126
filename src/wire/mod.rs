//! Sockets, TLS, deadlines, the transcript, and redaction: once, here.
//!
//! Knows octets, times and ends; what they mean is `dialect/`'s affair. Every
//! wait takes a deadline and every buffer has a bound.

mod channel;
mod connection;
mod deflate;
mod escape;
mod failure;
mod identity;
mod inbox;
mod intercept;
mod layers;
mod reader;
mod recorder;
mod redact;
mod server_tls;
mod stream;
mod tls;

pub use channel::TlsChannel;
pub use connection::{Connection, ConnectionOptions, Mark, Received, Side};
pub use escape::{escape, escape_line, shorten};
pub use failure::{ConnectError, HandshakeError, WriteError};
pub use identity::{ClientAuthority, ClientIdentity};
pub use inbox::{End, Take};
pub use intercept::{Behind, Instead, Interceptor, Place};
pub use recorder::{Recorder, Tap};
pub use redact::Redactor;
pub use server_tls::ServerTls;
pub use tls::{ClientTls, OnlyVersion, TlsSetupError, Trust};
