//! ENABLE (RFC 5161): the client says which extensions it knows, where that changes what it is told.

use crate::imap::policy::UTF8_ACCEPT;
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::Reply;
use crate::imap::session::Session;
use crate::imap::syntax::{Cursor, ParseError, Parsed};
use crate::imap::view::Sync;

/// The most names in one ENABLE.
const NAME_LIMIT: usize = 100;

/// See [`parse`].
pub(crate) const ENABLE: Registered = Registered::new("ENABLE", Gate::Authenticated, parse).of("ENABLE");

struct Enable {
    /// What is both asked for and here, each once.
    wanted: Vec<Switch>,
    /// Every name, as it was written.
    asked: Vec<String>,
}

/// An extension that has to be switched on: its name and how.
type Switch = (&'static str, fn(&mut Session));

const SWITCHES: [Switch; 5] = [
    ("CONDSTORE", |session| session.raise_sync(Sync::Condstore)),
    ("IMAP4rev2", Session::enable_rev2),
    ("METADATA", Session::heed_annotations),
    ("QRESYNC", |session| session.raise_sync(Sync::Qresync)),
    (UTF8_ACCEPT, Session::accept_utf8),
];

/// ```abnf
/// enable = "ENABLE" 1*(SP capability)      ; RFC 5161, section 4
/// ```
/// What is not known, or needs no switching on, is passed over (section 3.1).
fn parse(cursor: &mut Cursor<'_>) -> Parsed<Box<dyn Command>> {
    let mut wanted: Vec<Switch> = Vec::new();
    let mut asked = Vec::new();
    for _ in 0..NAME_LIMIT {
        cursor.space()?;
        let name = cursor.atom()?;
        asked.push(name.to_owned());
        let known = SWITCHES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        wanted.extend(known.filter(|(known, _)| !wanted.iter().any(|(held, _)| held == known)));
        if cursor.peek() != Some(b' ') {
            return Ok(Box::new(Enable { wanted, asked }));
        }
    }
    Err(ParseError::Syntax("too many extensions"))
}

impl Command for Enable {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let policy = &session.context.shared.imap;
            let wanted: Vec<_> = self.wanted.into_iter().filter(|(name, _)| policy.offers(name)).collect();
            let enabled: Vec<String> = wanted.iter().map(|(name, _)| (*name).to_owned()).collect();
            let told = (session.context.shared.seams.renderer.imap_enabled)(enabled, self.asked);
            let mut line = String::from("* ENABLED");
            for name in &told {
                line.push(' ');
                line.push_str(name);
            }
            line.push_str("\r\n");
            session.link.push(line.as_bytes());
            for (_, switch) in wanted {
                switch(session);
            }
            Ok(Reply::ok("ENABLE completed"))
        })
    }
}
