//! LOGOUT (RFC 3501, section 6.1.3): BYE, then OK, then the close. Nothing is expunged.

use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::Reply;
use crate::imap::session::{Next, Session};

/// `logout = "LOGOUT"`
pub(crate) const LOGOUT: Registered = Registered::new("LOGOUT", Gate::Any, |_| Ok(Box::new(Logout)));

struct Logout;

impl Command for Logout {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            session.set_selected(None);
            let mut line = Vec::new();
            Reply::bye("logging out").write(&mut line, "*");
            session.link.push(&line);
            session.afterwards(Next::Close);
            Ok(Reply::ok("LOGOUT completed"))
        })
    }
}
