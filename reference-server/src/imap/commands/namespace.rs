//! NAMESPACE (RFC 2342): the mailboxes of an account stand at the root, those of other users below a
//! name of their own.

use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::Reply;
use crate::imap::session::Session;
use crate::store::{DELIMITER, OTHER_USERS};

/// `Namespace_Command = "NAMESPACE"`
pub(crate) const NAMESPACE: Registered =
    Registered::new("NAMESPACE", Gate::Authenticated, |_| Ok(Box::new(Namespace))).of("NAMESPACE");

struct Namespace;

impl Command for Namespace {
    /// ```abnf
    /// Namespace_Response = "*" SP "NAMESPACE" SP Namespace SP Namespace SP Namespace
    /// ```
    /// One's own, other users', shared: of the last there are none.
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let others = format!("((\"{OTHER_USERS}{DELIMITER}\" \"{DELIMITER}\"))");
            let line = format!("* NAMESPACE ((\"\" \"{DELIMITER}\")) {others} NIL\r\n");
            session.link.push(line.as_bytes());
            Ok(Reply::ok("NAMESPACE completed"))
        })
    }
}
