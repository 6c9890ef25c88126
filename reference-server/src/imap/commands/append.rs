//! APPEND (RFC 3501, section 6.3.11) of one message or several (RFC 3502), with APPENDUID
//! (RFC 4315, section 3); with octets of any value in a binary literal (RFC 3516, section 4.4); with
//! header fields in UTF-8 (RFC 6855, section 4).

use time::OffsetDateTime;

use crate::imap::failure::{Failure, refusal_of_destination};
use crate::imap::naming::resolve;
use crate::imap::policy::UTF8_ACCEPT;
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::session::{Session, name_of};
use crate::imap::syntax::{
    Cursor, MailboxArgument, MessageKind, MessageLiteral, Names, ParseError, Parsed, date_time, flag_list,
    mailbox,
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
    literal: MessageLiteral,
    form: Form,
}

/// How the literal of a message is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As it is.
    Bare,
    /// In the data item UTF8, which RFC 9755 has no more.
    Utf8,
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
/// append-message = [SP flag-list] [SP date-time] SP (literal / literal8 / utf8-literal)
/// utf8-literal   = "UTF8" SP "(" literal8 ")"      ; RFC 6855, section 4
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
    let form = if cursor.eat_word("UTF8 (") { Form::Utf8 } else { Form::Bare };
    if form == Form::Utf8 && cursor.peek() != Some(b'~') {
        return Err(ParseError::Syntax("UTF8 has a binary literal"));
    }
    let literal = cursor.message_literal(limit)?;
    if form == Form::Utf8 {
        cursor.expect(b')', "UTF8 does not end")?;
    }
    Ok(Given { flags, date, literal, form })
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
    let withheld = !session.context.shared.imap.offers(UTF8_ACCEPT);
    if withheld && given.iter().any(|message| message.form == Form::Utf8) {
        return Err(Reply::bad("a literal was expected").into());
    }
    let uploads = session.take_uploads();
    let asked = withheld || session.names() == Names::Utf8;
    let needed = (session.context.shared.seams.gate.imap_utf8_needed)();
    if needed && !asked && uploads.iter().any(|upload| upload.header == Written::Beyond) {
        return Err(Reply::no("header fields in UTF-8 need ENABLE UTF8=ACCEPT first")
            .with(ResponseCode::Cannot)
            .into());
    }
    let mut messages = Vec::new();
    let set = session.context.shared.seams.store.imap_append_flags;
    for (given, upload) in given.into_iter().zip(uploads) {
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
            let to = resolve(session, &name).await.map_err(|error| refusal_of_destination(&error))?;
            let appended = session
                .store()
                .append(&to, messages)
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
