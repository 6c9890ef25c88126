//! CATENATE (RFC 4469): a message that is put together from texts and from what is there already.
//! Piece by piece, so that no part of it is held as a whole.

use crate::imap::failure::{Failure, refusal_of_destination};
use crate::imap::fetch::{Loader, section_octets};
use crate::imap::naming::resolve;
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::session::Session;
use crate::imap::syntax::{Cursor, MessageKind, MessageLiteral, MessageUrl, ParseError, Parsed, message_url};
use crate::imap::upload::{Nul, Reception, Upload};
use crate::store::{MailboxName, READ, Store, StoreError, Uid, Wanted};

/// The most parts of one message.
const PART_LIMIT: usize = 1000;

/// A part of a message.
#[derive(Debug)]
pub(crate) enum Part {
    /// Octets that the client sends.
    Text(MessageLiteral),
    /// Octets that the server has.
    Url(Vec<u8>),
}

impl Part {
    /// How many octets come with the command for it.
    pub(super) fn sent(&self) -> u64 {
        match self {
            Self::Text(literal) => literal.octets,
            Self::Url(_) => 0,
        }
    }
}

/// ```abnf
/// append-data  =/ "CATENATE" SP "(" cat-part *(SP cat-part) ")"
/// cat-part     = "TEXT" SP literal / "URL" SP astring
/// cat-part     =/ "UTF8" SP "(" literal8 ")"      ; RFC 6855, section 4
/// ```
/// All behind the first parenthesis. `limit` is for all literals together, in octets.
pub(super) fn parts(cursor: &mut Cursor<'_>, mut limit: u64) -> Parsed<Vec<Part>> {
    let mut parts = Vec::new();
    loop {
        let part = part(cursor, limit)?;
        limit = limit.saturating_sub(part.sent());
        parts.push(part);
        if cursor.eat(b')') {
            return Ok(parts);
        }
        if parts.len() >= PART_LIMIT {
            return Err(ParseError::Limit("too many parts"));
        }
        cursor.space()?;
    }
}

fn part(cursor: &mut Cursor<'_>, limit: u64) -> Parsed<Part> {
    if cursor.eat_word("URL ") {
        return Ok(Part::Url(cursor.astring()?));
    }
    if cursor.eat_word("TEXT ") {
        if cursor.peek() != Some(b'{') {
            return Err(ParseError::Syntax("TEXT has a literal"));
        }
        return Ok(Part::Text(cursor.message_literal(limit)?));
    }
    Ok(Part::Text(utf8_literal(cursor, limit)?.ok_or(ParseError::Syntax("a part is a TEXT or a URL"))?))
}

/// ```abnf
/// utf8-literal = "UTF8" SP "(" literal8 ")"      ; RFC 6855, section 4
/// ```
/// Nothing where it does not begin so.
pub(super) fn utf8_literal(cursor: &mut Cursor<'_>, limit: u64) -> Parsed<Option<MessageLiteral>> {
    if !cursor.eat_word("UTF8 (") {
        return Ok(None);
    }
    if cursor.peek() != Some(b'~') {
        return Err(ParseError::Syntax("UTF8 has a binary literal"));
    }
    let literal = cursor.message_literal(limit)?;
    cursor.expect(b')', "UTF8 does not end")?;
    Ok(Some(literal))
}

/// Puts the parts together; their texts are the next of `uploads`. The result may have at most
/// `room` octets.
pub(super) async fn put_together(
    session: &mut Session,
    parts: Vec<Part>,
    uploads: &mut impl Iterator<Item = Upload>,
    room: u64,
) -> Result<Upload, Failure> {
    let store = session.store();
    let parts = (session.context.shared.seams.store.imap_parts)(parts);
    let mut whole = Reception::new(&store);
    for part in parts {
        match part {
            Part::Text(literal) => {
                let Some(upload) = uploads.next() else { break };
                if upload.nul == Nul::Present && literal.kind == MessageKind::Text {
                    return Err(Reply::bad("NUL is not allowed in a literal").into());
                }
                let content = upload.content.map_err(|error| refusal_of_destination(&error))?;
                check_room(&whole, content.octets(), room)?;
                let mut from = 0;
                while from < content.octets() {
                    whole.push(&content.range(from, READ).await?).await;
                    from = from.saturating_add(READ);
                }
            }
            Part::Url(url) => copy(session, &store, &url, &mut whole, room).await?,
        }
    }
    Ok(whole.finish().await)
}

fn check_room(whole: &Reception, more: u64, room: u64) -> Result<(), Failure> {
    match whole.octets().checked_add(more) {
        Some(octets) if octets <= room => Ok(()),
        _ => Err(Reply::no("the message is larger than allowed").with(ResponseCode::TooBig).into()),
    }
}

/// Adds what the URL points to, as FETCH would send it; no flag is set (RFC 4469, section 3).
async fn copy(
    session: &mut Session,
    store: &Store,
    url: &[u8],
    whole: &mut Reception,
    room: u64,
) -> Result<(), Failure> {
    let Some(found) = message_url(url) else { return Err(bad_url(url)) };
    let found = (session.context.shared.seams.structure.imap_url)(found);
    let mut loader = load(session, store, &found).await?.ok_or_else(|| bad_url(url))?;
    let octets = match section_octets(&found.section, found.partial, &mut loader).await {
        Ok(Some(octets)) => octets,
        Ok(None) | Err(StoreError::NoSuchMessage) => return Err(bad_url(url)),
        Err(error) => return Err(error.into()),
    };
    check_room(whole, octets.count(), room)?;
    match octets.copy(store, whole).await {
        Err(StoreError::NoSuchMessage) => Err(bad_url(url)),
        copied => Ok(copied?),
    }
}

/// The message, if it is there and may be read.
async fn load(session: &mut Session, store: &Store, url: &MessageUrl) -> Result<Option<Loader>, Failure> {
    let Ok(name) = MailboxName::new(&url.mailbox) else { return Ok(None) };
    let status = match resolve(session, &name).await {
        Ok(named) => store.status(&named).await,
        Err(error) => Err(error),
    };
    let mailbox = match status {
        Ok(status) => status.mailbox,
        Err(StoreError::NoSuchMailbox | StoreError::NotSelectable | StoreError::NoPermission) => {
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    if url.validity.is_some_and(|validity| validity != mailbox.uid_validity.0) {
        return Ok(None);
    }
    let loaded = store.load(mailbox.id, vec![Uid(url.uid)], Wanted::Attributes).await?;
    let reads = session.names().reads();
    Ok(loaded.into_iter().next().flatten().map(|loaded| Loader::new(store.clone(), loaded, reads)))
}

/// ```abnf
/// badurl-response-code = "BADURL" SP url-resp-text      ; RFC 4469, section 5
/// ```
/// What is no URL at all can not be told in the code.
fn bad_url(url: &[u8]) -> Failure {
    let reply = Reply::no("the URL points to no part of a message here");
    match std::str::from_utf8(url) {
        Ok(text)
            if !text.is_empty() && text.bytes().all(|o| o.is_ascii_graphic() && !b"]\\".contains(&o)) =>
        {
            reply.with(ResponseCode::BadUrl(text.to_owned())).into()
        }
        _ => reply.into(),
    }
}
