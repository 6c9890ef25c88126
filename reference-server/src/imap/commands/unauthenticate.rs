//! UNAUTHENTICATE (RFC 8437): the connection is used again, by the same user or another.

use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::Reply;
use crate::imap::session::{Next, Session};

/// `unauthenticate = "UNAUTHENTICATE"`
pub(crate) const UNAUTHENTICATE: Registered =
    Registered::new("UNAUTHENTICATE", Gate::Authenticated, |_| Ok(Box::new(Unauthenticate)))
        .of("UNAUTHENTICATE");

struct Unauthenticate;

impl Command for Unauthenticate {
    /// Expunges nothing and tells nothing of the mailbox that was selected. It never answers NO.
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            session.log_out();
            session.afterwards(Next::Unauthenticate);
            Ok(Reply::ok("UNAUTHENTICATE completed"))
        })
    }
}
