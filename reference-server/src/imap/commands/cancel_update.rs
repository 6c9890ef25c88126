//! CANCELUPDATE (RFC 5267, section 4.3.5).

use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::session::Session;
use crate::imap::syntax::{Cursor, Parsed};

/// See [`parse`].
pub(crate) const CANCELUPDATE: Registered =
    Registered::new("CANCELUPDATE", Gate::Selected, parse).of("CONTEXT=SEARCH");

struct CancelUpdate {
    tags: Vec<Vec<u8>>,
}

/// ```abnf
/// command-select =/ "CANCELUPDATE" 1*(SP quoted)
/// ```
fn parse(cursor: &mut Cursor<'_>) -> Parsed<Box<dyn Command>> {
    let mut tags = Vec::new();
    loop {
        cursor.space()?;
        tags.push(cursor.string()?);
        if cursor.peek() != Some(b' ') {
            return Ok(Box::new(CancelUpdate { tags }));
        }
    }
}

impl Command for CancelUpdate {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let known = |tag: &Vec<u8>| session.contexts.has(&String::from_utf8_lossy(tag));
            if !self.tags.iter().all(known) {
                return Ok(
                    Reply::bad("no search with this tag is kept up to date").with(ResponseCode::ClientBug)
                );
            }
            for tag in &self.tags {
                session.contexts.cancel(&String::from_utf8_lossy(tag));
            }
            Ok(Reply::ok("no further updates"))
        })
    }
}
