//! DELETE (RFC 3501, section 6.3.4). Whoever has the mailbox selected, this session included,
//! sees its messages expunged.

use super::old_name::tell_normalized;
use crate::imap::naming::{name_of, resolve};
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::Reply;
use crate::imap::session::Session;
use crate::imap::syntax::{Cursor, MailboxArgument, Parsed, mailbox};

/// See [`parse`].
pub(crate) const DELETE: Registered = Registered::new("DELETE", Gate::Authenticated, parse);

struct Delete(MailboxArgument);

/// ```abnf
/// delete = "DELETE" SP mailbox
/// ```
fn parse(cursor: &mut Cursor<'_>) -> Parsed<Box<dyn Command>> {
    cursor.space()?;
    Ok(Box::new(Delete(mailbox(cursor)?)))
}

impl Command for Delete {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let name = name_of(&self.0)?;
            session.store().delete(&resolve(session, &name).await?).await?;
            tell_normalized(session, &name, &self.0).await?;
            Ok(Reply::ok("DELETE completed"))
        })
    }
}
