//! IDLE (RFC 2177): until the client says DONE, news are told as they come.

use crate::imap::failure::Failure;
use crate::imap::notify::Moment;
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::Reply;
use crate::imap::session::Session;
use crate::imap::view::Expunges;

/// The longest line that is read for DONE, in octets.
const LINE_LIMIT: usize = 1024;

/// `idle = "IDLE" CRLF "DONE"`
pub(crate) const IDLE: Registered =
    Registered::new("IDLE", Gate::Authenticated, |_| Ok(Box::new(Idle))).of("IDLE");

struct Idle;

impl Command for Idle {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            session.link.push(b"+ idling\r\n");
            session.tell_until_input(Moment::Command(Expunges::Told)).await?;
            match session.read_line(LINE_LIMIT).await? {
                Some(line) if line.eq_ignore_ascii_case(b"DONE") => Ok(Reply::ok("IDLE terminated")),
                _ => Err(Failure::Answered(Reply::bad("DONE was expected"))),
            }
        })
    }
}
