//! RENAME (RFC 3501, section 6.3.5).

use super::old_name::{is_as_written, tell_old_name};
use crate::imap::naming::{name_of, new_name_of, resolve, resolve_new};
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::session::Session;
use crate::imap::syntax::{Cursor, MailboxArgument, Parsed, mailbox};

/// See [`parse`].
pub(crate) const RENAME: Registered = Registered::new("RENAME", Gate::Authenticated, parse);

struct Rename {
    old: MailboxArgument,
    new: MailboxArgument,
}

/// ```abnf
/// rename = "RENAME" SP mailbox SP mailbox
/// ```
fn parse(cursor: &mut Cursor<'_>) -> Parsed<Box<dyn Command>> {
    cursor.space()?;
    let old = mailbox(cursor)?;
    cursor.space()?;
    Ok(Box::new(Rename { old, new: mailbox(cursor)? }))
}

impl Command for Rename {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let (called, to) = (name_of(&self.old)?, new_name_of(&self.new, session.names())?);
            let (old, new) = (resolve(session, &called).await?, resolve_new(session, &to).await?);
            if old.owner != new.owner {
                return Err(Reply::no("a mailbox stays with its owner").with(ResponseCode::Cannot).into());
            }
            session.store().rename(&old, new.name).await?;
            if !is_as_written(&called, &self.old) || !is_as_written(&to, &self.new) {
                tell_old_name(session, &to, &self.old).await?;
            }
            Ok(Reply::ok("RENAME completed"))
        })
    }
}
