//! `UTF8` (RFC 6856, section 2): the client can read header fields in UTF-8. Without it such a
//! message is not sent, since it could only be sent as another one.

use super::super::registry::{Request, Spec, State};
use super::super::reply::{Code, Reply};
use super::super::session::Session;
use crate::message::header_end;

/// `UTF8`, without arguments, before login. Names and passwords may be in UTF-8 in USER, PASS and APOP, and
/// are prepared as everywhere (RFC 6856, section 2.2).
pub(in super::super) const SPEC: Spec = Spec {
    keyword: "UTF8",
    states: &[State::Authorization],
    parse: |arguments| arguments.none().map(|()| Request::Utf8),
    capability: |_| Some("UTF8 USER".into()),
};

/// What a client can read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) enum Reads {
    /// Header fields in ASCII.
    #[default]
    Ascii,
    /// Header fields in UTF-8.
    Utf8,
}

/// Turns it on.
pub(in super::super) fn run(session: &mut Session) -> Reply {
    session.reads(Reads::Utf8);
    Reply::ok("UTF8 enabled")
}

/// May a message that begins so be sent to who reads this (RFC 6856, sections 2.1 and 5)?
pub(super) fn readable(reads: Reads, beginning: &[u8]) -> Result<(), Reply> {
    let header = beginning.get(..header_end(beginning)).unwrap_or_default();
    match reads {
        Reads::Ascii if !header.is_ascii() => {
            Err(Reply::coded(Code::Utf8, "the message has header fields in UTF-8: give UTF8 before login"))
        }
        Reads::Ascii | Reads::Utf8 => Ok(()),
    }
}
