//! APPEND (RFC 3501, section 6.3.11) of one message or several (RFC 3502), with APPENDUID
//! (RFC 4315, section 3); with octets of any value in a binary literal (RFC 3516, section 4.4).

use std::borrow::Cow;
use std::sync::Arc;

use time::OffsetDateTime;

use crate::imap::failure::refusal_of_destination;
use crate::imap::heavy::work_on;
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::session::{Session, name_of};
use crate::imap::syntax::{Cursor, MailboxArgument, ParseError, Parsed, date_time, flag_list, mailbox};
use crate::message::transfer::fit_for_literals;
use crate::store::{Flags, NewMessage, StoreError};

/// See [`parse`].
pub(crate) const APPEND: Registered = Registered::new("APPEND", Gate::Authenticated, parse).of("UIDPLUS");

struct Append {
    mailbox: MailboxArgument,
    messages: Vec<Given>,
}

/// A message as the client gave it.
struct Given {
    flags: Flags,
    date: Option<OffsetDateTime>,
    content: Arc<[u8]>,
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
        limit = limit.saturating_sub(u64::try_from(message.content.len()).unwrap_or(u64::MAX));
        messages.push(message);
        if cursor.peek() != Some(b' ') {
            return Ok(Box::new(Append { mailbox, messages }));
        }
    }
}

fn given(cursor: &mut Cursor<'_>, limit: u64) -> Parsed<Given> {
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
    let content = cursor.literal_or_literal8(limit).map_err(|error| match error {
        ParseError::LiteralTooLarge { .. } => ParseError::MessageTooLarge,
        other => other,
    })?;
    Ok(Given { flags, date, content: content.into() })
}

/// The octets as IMAP4rev1 can show them to every client (RFC 3516, section 6).
async fn fit(content: Arc<[u8]>) -> Result<Arc<[u8]>, StoreError> {
    work_on(content.len(), move || match fit_for_literals(&content) {
        Cow::Borrowed(_) => content,
        Cow::Owned(changed) => changed.into(),
    })
    .await
}

impl Command for Append {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let name = name_of(&self.mailbox)?;
            if self.messages.iter().any(|message| message.content.is_empty()) {
                return Err(Reply::no("a message of no octets is none").with(ResponseCode::Cannot).into());
            }
            let mut messages = Vec::new();
            for given in self.messages {
                messages.push(NewMessage {
                    content: fit(given.content).await?,
                    flags: given.flags,
                    internal_date: given.date.unwrap_or_else(OffsetDateTime::now_utc),
                });
            }
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
