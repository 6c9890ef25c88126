//! APPEND (RFC 3501, section 6.3.11) of one message or several (RFC 3502), with APPENDUID
//! (RFC 4315, section 3); with octets of any value in a binary literal (RFC 3516, section 4.4); with
//! header fields in UTF-8 (RFC 6855, section 4); put together from parts (RFC 4469).

use time::OffsetDateTime;

use super::catenate::{self, Part};
use super::old_name::tell_normalized;
use crate::imap::failure::{Failure, refusal_of_destination};
use crate::imap::naming::{name_of, resolve};
use crate::imap::policy::{CATENATE, UTF8_ACCEPT};
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::session::Session;
use crate::imap::syntax::{
    Cursor, MailboxArgument, MessageKind, MessageLiteral, Names, Parsed, date_time, flag_list, mailbox,
};
use crate::imap::upload::{Nul, Upload, Written};
use crate::message::transfer::fit_for_literals;
use crate::store::{Content, Flags, NewMessage};

/// See [`parse`].
pub(crate) const APPEND: Registered =
    Registered::new("APPEND", Gate::Authenticated, parse).extended_by("UIDPLUS");

struct Append {
    mailbox: MailboxArgument,
    messages: Vec<Given>,
}

/// A message as the client gave it.
pub(super) struct Given {
    flags: Flags,
    date: Option<OffsetDateTime>,
    data: Data,
}

/// Where the octets of a message come from.
enum Data {
    /// From a literal.
    Literal(MessageLiteral),
    /// From a literal in the data item UTF8, which RFC 9755 has no more.
    Utf8(MessageLiteral),
    /// From literals and from what is there already (RFC 4469).
    Catenate(Vec<Part>),
}

impl Data {
    /// How many octets come with the command.
    fn sent(&self) -> u64 {
        match self {
            Self::Literal(literal) | Self::Utf8(literal) => literal.octets,
            Self::Catenate(parts) => parts.iter().fold(0, |sum, part| sum.saturating_add(part.sent())),
        }
    }

    /// The capability that the client makes use of.
    fn capability(&self) -> Option<&'static str> {
        match self {
            Self::Literal(_) => None,
            Self::Utf8(_) => Some(UTF8_ACCEPT),
            Self::Catenate(_) => Some(CATENATE),
        }
    }
}

/// ```abnf
/// append         = "APPEND" SP mailbox 1*append-message      ; RFC 3502
/// append-message = [SP flag-list] [SP date-time] SP (literal / literal8)   ; RFC 3516, section 7
/// ```
/// What may be sent in one message may be sent in all of a command together.
fn parse(cursor: &mut Cursor<'_>) -> Parsed<Box<dyn Command>> {
    cursor.space()?;
    let mailbox = mailbox(cursor)?;
    let (mut messages, mut limit) = (Vec::new(), cursor.message_limit());
    loop {
        let message = given(cursor, limit)?;
        limit = limit.saturating_sub(message.data.sent());
        messages.push(message);
        if cursor.peek() != Some(b' ') {
            return Ok(Box::new(Append { mailbox, messages }));
        }
    }
}

/// ```abnf
/// append-message = [SP flag-list] [SP date-time] SP append-data
/// append-data    = literal / literal8 /                  ; RFC 3516, section 7
///                  "UTF8" SP "(" literal8 ")" /          ; RFC 6855, section 4
///                  "CATENATE" SP "(" cat-part *(SP cat-part) ")"      ; RFC 4469, section 5
/// ```
pub(super) fn given(cursor: &mut Cursor<'_>, limit: u64) -> Parsed<Given> {
    cursor.space()?;
    let mut flags = Flags::new();
    if cursor.peek() == Some(b'(') {
        flags = flag_list(cursor)?;
        cursor.space()?;
    }
    let mut date = None;
    if cursor.peek() == Some(b'"') {
        date = Some(date_time(cursor)?);
        cursor.space()?;
    }
    let data = if cursor.eat_word("CATENATE (") {
        Data::Catenate(catenate::parts(cursor, limit)?)
    } else if let Some(literal) = catenate::utf8_literal(cursor, limit)? {
        Data::Utf8(literal)
    } else {
        Data::Literal(cursor.message_literal(limit)?)
    };
    Ok(Given { flags, date, data })
}

/// The message as IMAP4rev1 can show it to every client (RFC 3516, section 6).
async fn fit(upload: Upload, kind: MessageKind) -> Result<Content, Failure> {
    let content = upload.content.map_err(|error| refusal_of_destination(&error))?;
    match (upload.nul, kind) {
        (Nul::Absent, _) => Ok(content),
        (Nul::Present, MessageKind::Text) => Err(Reply::bad("NUL is not allowed in a literal").into()),
        (Nul::Present, MessageKind::Binary) => {
            // What must be rewritten must be there as a whole.
            let too_large =
                || Reply::no("a message with NUL in it must be smaller").with(ResponseCode::TooBig);
            let octets = content.whole().ok_or_else(too_large)?;
            Ok(Content::from(fit_for_literals(octets).into_owned()))
        }
    }
}

/// The messages that came with the command that is being carried out.
pub(super) async fn received(session: &mut Session, given: Vec<Given>) -> Result<Vec<NewMessage>, Failure> {
    let policy = &session.context.shared.imap;
    if given.iter().filter_map(|message| message.data.capability()).any(|used| !policy.offers(used)) {
        return Err(Reply::bad("a literal was expected").into());
    }
    let asked = !policy.offers(UTF8_ACCEPT) || session.names() == Names::Utf8;
    let needed = (session.context.shared.seams.gate.imap_utf8_needed)();
    let set = session.context.shared.seams.store.imap_append_flags;
    let mut uploads = session.take_uploads().into_iter();
    let mut room = session.context.shared.limits.message_octets;
    let mut messages = Vec::new();
    for Given { flags, date, data } in given {
        let (upload, kind) = match data {
            Data::Literal(literal) | Data::Utf8(literal) => (uploads.next(), literal.kind),
            Data::Catenate(parts) => {
                let whole = catenate::put_together(session, parts, &mut uploads, room).await?;
                (Some(whole), MessageKind::Binary)
            }
        };
        let Some(upload) = upload else { break };
        if needed && !asked && upload.header == Written::Beyond {
            return Err(Reply::no("header fields in UTF-8 need ENABLE UTF8=ACCEPT first")
                .with(ResponseCode::Cannot)
                .into());
        }
        let content = fit(upload, kind).await?;
        if content.octets() == 0 {
            return Err(Reply::no("a message of no octets is none").with(ResponseCode::Cannot).into());
        }
        room = room.saturating_sub(content.octets());
        messages.push(NewMessage {
            content,
            flags: set(flags),
            internal_date: date.unwrap_or_else(OffsetDateTime::now_utc),
        });
    }
    Ok(messages)
}

impl Command for Append {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let name = name_of(&self.mailbox)?;
            let messages = received(session, self.messages).await?;
            let to = resolve(session, &name).await.map_err(|error| refusal_of_destination(&error))?;
            let store = session.store();
            let mut appended = Vec::with_capacity(messages.len());
            for job in (session.context.shared.seams.store.imap_appended)(messages) {
                let done = store.append(&to, job).await;
                appended.extend(done.map_err(|error| refusal_of_destination(&error))?);
            }
            for one in &appended {
                session.made(one.mailbox, [one.uid]);
            }
            tell_normalized(session, &name, &self.mailbox).await?;
            let reply = Reply::ok("APPEND completed");
            let told = session.context.shared.seams.renderer.imap_append_uid;
            let uids = appended.iter().map(|appended| told(appended.uid.0)).collect();
            Ok(match appended.first().and_then(|first| first.uid_validity) {
                Some(validity) => reply.with(ResponseCode::AppendUid { validity: validity.0, uids }),
                None => reply,
            })
        })
    }
}
