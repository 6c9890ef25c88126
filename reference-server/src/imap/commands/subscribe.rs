//! SUBSCRIBE and UNSUBSCRIBE (RFC 3501, sections 6.3.6 and 6.3.7). A name stays subscribed when
//! its mailbox is deleted.

use crate::imap::naming::{name_of, resolve};
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::Reply;
use crate::imap::session::Session;
use crate::imap::syntax::{Cursor, MailboxArgument, Parsed, mailbox};

/// `subscribe = "SUBSCRIBE" SP mailbox`
pub(crate) const SUBSCRIBE: Registered =
    Registered::new("SUBSCRIBE", Gate::Authenticated, |cursor| Ok(Box::new(Subscribe(argument(cursor)?))));

/// `unsubscribe = "UNSUBSCRIBE" SP mailbox`
pub(crate) const UNSUBSCRIBE: Registered = Registered::new("UNSUBSCRIBE", Gate::Authenticated, |cursor| {
    Ok(Box::new(Unsubscribe(argument(cursor)?)))
});

struct Subscribe(MailboxArgument);

struct Unsubscribe(MailboxArgument);

fn argument(cursor: &mut Cursor<'_>) -> Parsed<MailboxArgument> {
    cursor.space()?;
    mailbox(cursor)
}

impl Command for Subscribe {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let name = name_of(&self.0)?;
            session.store().subscribe(&resolve(session, &name).await?, &name).await?;
            Ok(Reply::ok("SUBSCRIBE completed"))
        })
    }
}

impl Command for Unsubscribe {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let name = name_of(&self.0)?;
            session.store().unsubscribe(session.account()?, &name).await?;
            Ok(Reply::ok("UNSUBSCRIBE completed"))
        })
    }
}
