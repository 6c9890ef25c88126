//! COMPRESS (RFC 4978): the connection is compressed behind the answer.

use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::session::{Next, Session};
use crate::imap::syntax::{Cursor, ParseError, Parsed};

/// See [`parse`].
pub(crate) const COMPRESS: Registered =
    Registered::new("COMPRESS", Gate::Authenticated, parse).of("COMPRESS=DEFLATE");

struct Compress;

/// ```abnf
/// compress  = "COMPRESS" SP algorithm
/// algorithm = "DEFLATE"
/// ```
fn parse(cursor: &mut Cursor<'_>) -> Parsed<Box<dyn Command>> {
    cursor.space()?;
    match cursor.atom()?.eq_ignore_ascii_case("DEFLATE") {
        true => Ok(Box::new(Compress)),
        false => Err(ParseError::Syntax("the only algorithm is DEFLATE")),
    }
}

impl Command for Compress {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            if session.link.is_compressed() && (session.context.shared.seams.gate.imap_compresses_again)() {
                return Ok(Reply::ok("DEFLATE is active"));
            }
            if session.link.is_compressed() {
                let reply = Reply::no("COMPRESS has switched DEFLATE on already");
                return Err(reply.with(ResponseCode::CompressionActive).into());
            }
            session.afterwards(Next::Compress);
            Ok(Reply::ok("DEFLATE is active"))
        })
    }
}
