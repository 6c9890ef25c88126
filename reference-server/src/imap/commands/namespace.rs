//! NAMESPACE (RFC 2342): all mailboxes of an account are its own, and stand at the root.

use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::Reply;
use crate::imap::session::Session;
use crate::store::DELIMITER;

/// `Namespace_Command = "NAMESPACE"`
pub(crate) const NAMESPACE: Registered =
    Registered::new("NAMESPACE", Gate::Authenticated, |_| Ok(Box::new(Namespace))).of("NAMESPACE");

struct Namespace;

impl Command for Namespace {
    /// ```abnf
    /// Namespace_Response = "*" SP "NAMESPACE" SP Namespace SP Namespace SP Namespace
    /// ```
    /// One's own, other users', shared: of the last two there are none.
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let line = format!("* NAMESPACE ((\"\" \"{DELIMITER}\")) NIL NIL\r\n");
            session.link.push(line.as_bytes());
            Ok(Reply::ok("NAMESPACE completed"))
        })
    }
}
