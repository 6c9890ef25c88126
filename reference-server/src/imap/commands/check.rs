//! CHECK (RFC 3501, section 6.4.1): every promise is on disk before it is given, so there is no
//! housekeeping to ask for.

use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::Reply;
use crate::imap::session::Session;

/// `check = "CHECK"`
pub(crate) const CHECK: Registered = Registered::new("CHECK", Gate::Selected, |_| Ok(Box::new(Check)));

struct Check;

impl Command for Check {
    fn run<'s>(self: Box<Self>, _session: &'s mut Session) -> Running<'s> {
        Box::pin(async { Ok(Reply::ok("CHECK completed")) })
    }
}
