//! IMAP4rev1 (RFC 3501) and, for clients that ask for it, IMAP4rev2 (RFC 9051), with LITERAL+ (RFC
//! 7888) and the extensions that the registry lists.
//!
//! `syntax` reads what clients send and `response` writes what they get, both pure; `view` is what
//! a session was told; `registry` is the one table of commands and capabilities; `commands` has
//! one file a command; `session` puts them together.

mod commands;
mod failure;
mod fetch;
mod link;
mod naming;
mod notify;
mod order;
mod policy;
mod registry;
mod response;
mod search;
mod session;
mod syntax;
#[cfg(test)]
mod tests;
mod turn;
mod updates;
mod upload;
mod view;

use crate::context::Context;
use crate::net::{Connection, Stream};

pub(crate) use commands::{CatenatePart, OldName};
pub(crate) use order::Facts as SortFacts;
pub use policy::Literals;
pub(crate) use policy::Policy;
pub(crate) use response::EmailPlace;
pub(crate) use syntax::{MessageUrl, Reads, ResultRange, SearchKey, Section};
pub(crate) use view::{Expunges, Numbering};

/// The capability of users who set their own quotas.
pub(crate) const QUOTASET: &str = "QUOTASET";

/// Whether there is a capability of this name that depends on nothing but the operator.
pub(crate) fn knows_capability(name: &str) -> bool {
    let literals = Literals::Any.capability();
    registry::extensions().iter().chain(&[literals]).any(|known| known.eq_ignore_ascii_case(name))
}

/// Serves one connection from the greeting to the close.
pub(crate) async fn serve<S: Stream + 'static>(connection: Connection<S>, context: Context) {
    session::Session::new(Box::new(connection), context).run().await;
}
