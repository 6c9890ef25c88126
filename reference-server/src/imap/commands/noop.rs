//! NOOP (RFC 3501, section 6.1.2): what has happened is told at the end of every command, and
//! this one does nothing else.

use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::Reply;
use crate::imap::session::Session;

/// `noop = "NOOP"`
pub(crate) const NOOP: Registered = Registered::new("NOOP", Gate::Any, |_| Ok(Box::new(Noop)));

struct Noop;

impl Command for Noop {
    fn run<'s>(self: Box<Self>, _session: &'s mut Session) -> Running<'s> {
        Box::pin(async { Ok(Reply::ok("NOOP completed")) })
    }
}
