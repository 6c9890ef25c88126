//! STARTTLS (RFC 3501, section 6.2.1): input that came before the handshake is forgotten, since
//! nobody knows who sent it.

use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::Reply;
use crate::imap::session::{Next, Session};

/// `starttls = "STARTTLS"`
pub(crate) const STARTTLS: Registered =
    Registered::new("STARTTLS", Gate::NotAuthenticated, |_| Ok(Box::new(StartTls)));

struct StartTls;

impl Command for StartTls {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            if session.link.is_tls() {
                return Ok(Reply::bad("TLS is active already"));
            }
            session.afterwards(Next::Handshake);
            Ok(Reply::ok("begin TLS negotiation now"))
        })
    }
}
