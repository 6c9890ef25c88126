//! CLOSE (RFC 3501, section 6.4.2) and UNSELECT (RFC 3691), which expunges nothing.

use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::Reply;
use crate::imap::session::Session;
use crate::store::{Access, Rights, StoreError, Which};

/// `close = "CLOSE"`
pub(crate) const CLOSE: Registered = Registered::new("CLOSE", Gate::Selected, |_| Ok(Box::new(Close)));

struct Close;

/// `unselect = "UNSELECT"`
pub(crate) const UNSELECT: Registered =
    Registered::new("UNSELECT", Gate::Selected, |_| Ok(Box::new(Unselect))).of("UNSELECT");

struct Unselect;

impl Command for Unselect {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            if (session.context.shared.seams.store.imap_unselect_expunges)() {
                let mailbox = session.view()?.mailbox();
                session.store().expunge(mailbox, Which::Deleted).await?;
            }
            session.set_selected(None);
            Ok(Reply::ok("UNSELECT completed"))
        })
    }
}

impl Command for Close {
    /// Expunges without a word, unless the mailbox was opened read-only or the user has no right to (RFC 4314,
    /// section 4).
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let view = session.view()?;
            let (mailbox, access) = (view.mailbox(), view.access());
            let expunges = view.rights().has(Rights::EXPUNGE)
                && (session.context.shared.seams.store.imap_close_expunges)();
            if access == Access::ReadWrite && expunges {
                match session.store().expunge(mailbox, Which::Deleted).await {
                    // A mailbox that is gone has nothing left to expunge.
                    Ok(_) | Err(StoreError::NoSuchMailbox) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            session.set_selected(None);
            Ok(Reply::ok("CLOSE completed"))
        })
    }
}
