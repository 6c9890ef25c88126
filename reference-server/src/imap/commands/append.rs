//! APPEND (RFC 3501, section 6.3.11), with APPENDUID (RFC 4315, section 3).

use std::sync::Arc;

use time::OffsetDateTime;

use crate::imap::failure::refusal_of_destination;
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::session::{Session, name_of};
use crate::imap::syntax::{Cursor, MailboxArgument, Parsed, date_time, flag_list, mailbox};
use crate::store::{Flags, NewMessage};

/// See [`parse`].
pub(crate) const APPEND: Registered = Registered::new("APPEND", Gate::Authenticated, parse).of("UIDPLUS");

struct Append {
    mailbox: MailboxArgument,
    flags: Flags,
    date: Option<OffsetDateTime>,
    message: Arc<[u8]>,
}

/// ```abnf
/// append = "APPEND" SP mailbox [SP flag-list] [SP date-time] SP literal
/// ```
fn parse(cursor: &mut Cursor<'_>) -> Parsed<Box<dyn Command>> {
    cursor.space()?;
    let mailbox = mailbox(cursor)?;
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
    let message = cursor.literal(cursor.message_limit())?.into();
    Ok(Box::new(Append { mailbox, flags, date, message }))
}

impl Command for Append {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let name = name_of(&self.mailbox)?;
            let message = NewMessage {
                content: self.message,
                flags: self.flags,
                internal_date: self.date.unwrap_or_else(OffsetDateTime::now_utc),
            };
            let appended = session
                .store()
                .append(session.account()?, &name, message)
                .await
                .map_err(|error| refusal_of_destination(&error))?;
            Ok(Reply::ok("APPEND completed")
                .with(ResponseCode::AppendUid { validity: appended.uid_validity.0, uid: appended.uid.0 }))
        })
    }
}
