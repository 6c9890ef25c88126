//! CREATE (RFC 3501, section 6.3.3).

use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::Reply;
use crate::imap::session::{Session, name_of};
use crate::imap::syntax::{Cursor, MailboxArgument, Parsed, mailbox};

/// See [`parse`].
pub(crate) const CREATE: Registered = Registered::new("CREATE", Gate::Authenticated, parse);

struct Create(MailboxArgument);

/// ```abnf
/// create = "CREATE" SP mailbox
/// ```
fn parse(cursor: &mut Cursor<'_>) -> Parsed<Box<dyn Command>> {
    cursor.space()?;
    Ok(Box::new(Create(mailbox(cursor)?)))
}

impl Command for Create {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let name = name_of(&self.0)?;
            session.store().create(session.account()?, &name).await?;
            Ok(Reply::ok("CREATE completed"))
        })
    }
}
