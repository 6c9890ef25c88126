//! CAPABILITY (RFC 3501, section 6.1.1).

use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::Reply;
use crate::imap::session::Session;

/// `capability = "CAPABILITY"`
pub(crate) const CAPABILITY: Registered =
    Registered::new("CAPABILITY", Gate::Any, |_| Ok(Box::new(Capability)));

struct Capability;

impl Command for Capability {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let line = format!("* CAPABILITY {}\r\n", session.capabilities());
            session.link.push(line.as_bytes());
            Ok(Reply::ok("CAPABILITY completed"))
        })
    }
}
