//! APPEND (RFC 3501, section 6.3.11) of one message or several (RFC 3502), with APPENDUID
//! (RFC 4315, section 3); with octets of any value in a binary literal (RFC 3516, section 4.4).

use time::OffsetDateTime;

use crate::imap::failure::{Failure, refusal_of_destination};
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::session::{Session, name_of};
use crate::imap::syntax::{
    Cursor, MailboxArgument, MessageKind, MessageLiteral, Parsed, date_time, flag_list, mailbox,
};
use crate::imap::upload::{Nul, Upload};
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
    literal: MessageLiteral,
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
        limit = limit.saturating_sub(message.literal.octets);
        messages.push(message);
        if cursor.peek() != Some(b' ') {
            return Ok(Box::new(Append { mailbox, messages }));
        }
    }
}

/// ```abnf
/// append-message = [SP flag-list] [SP date-time] SP (literal / literal8)   ; RFC 3516, section 7
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
    Ok(Given { flags, date, literal: cursor.message_literal(limit)? })
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
    if given.iter().any(|message| message.literal.octets == 0) {
        return Err(Reply::no("a message of no octets is none").with(ResponseCode::Cannot).into());
    }
    let mut messages = Vec::new();
    let set = session.context.shared.seams.store.imap_append_flags;
    for (given, upload) in given.into_iter().zip(session.take_uploads()) {
        messages.push(NewMessage {
            content: fit(upload, given.literal.kind).await?,
            flags: set(given.flags),
            internal_date: given.date.unwrap_or_else(OffsetDateTime::now_utc),
        });
    }
    Ok(messages)
}

impl Command for Append {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let name = name_of(&self.mailbox)?;
            let messages = received(session, self.messages).await?;
            let appended = session
                .store()
                .append(session.account()?, &name, messages)
                .await
                .map_err(|error| refusal_of_destination(&error))?;
            let reply = Reply::ok("APPEND completed");
            let uids = appended.iter().map(|appended| appended.uid.0).collect();
            Ok(match appended.first() {
                Some(first) => reply.with(ResponseCode::AppendUid { validity: first.uid_validity.0, uids }),
                None => reply,
            })
        })
    }
}
