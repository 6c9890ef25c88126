//! EXPUNGE (RFC 3501, section 6.4.3) and UID EXPUNGE (RFC 4315, section 2.1). What went is told
//! as every expunge is, at the end of the command.

use crate::imap::failure::Failure;
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::session::Session;
use crate::imap::syntax::{Cursor, Parsed, SequenceSet, sequence_set};
use crate::imap::view::{Numbering, Sync, View};
use crate::store::{Access, Rights, StoreError, Which};

/// `expunge = "EXPUNGE"`
pub(crate) const EXPUNGE: Registered =
    Registered::new("EXPUNGE", Gate::Selected, |_| Ok(Box::new(Expunge { among: None })));

/// See [`parse_uids`].
pub(crate) const UID_EXPUNGE: Registered =
    Registered::new("UID EXPUNGE", Gate::Selected, parse_uids).by_uid().of("UIDPLUS");

struct Expunge {
    among: Option<SequenceSet>,
}

/// ```abnf
/// uid-expunge = "UID" SP "EXPUNGE" SP sequence-set      ; RFC 4315, section 4
/// ```
fn parse_uids(cursor: &mut Cursor<'_>) -> Parsed<Box<dyn Command>> {
    cursor.space()?;
    Ok(Box::new(Expunge { among: Some(sequence_set(cursor)?) }))
}

impl Command for Expunge {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let view = session.view()?;
            if view.access() == Access::ReadOnly {
                return Err(read_only().into());
            }
            permit(view, Rights::EXPUNGE)?;
            let mailbox = view.mailbox();
            let which = match &self.among {
                None => Which::Deleted,
                Some(set) => {
                    let places = view.select(set, Numbering::Uid).unwrap_or_default();
                    Which::DeletedAmong(view.uids(&places))
                }
            };
            let which = (session.context.shared.seams.store.imap_expunged)(which);
            let expunged = session.store().expunge(mailbox, which).await;
            if let Ok(expunged) = &expunged {
                session.expunged(&expunged.uids);
            }
            match expunged {
                // What went is told with the answer, so the client may remember this.
                Ok(expunged) if !expunged.uids.is_empty() && session.sync() == Sync::Qresync => {
                    let code = ResponseCode::HighestModSeq(expunged.modseq.0);
                    Ok(Reply::ok("EXPUNGE completed").with(code))
                }
                Ok(_) | Err(StoreError::NoSuchMailbox) => Ok(Reply::ok("EXPUNGE completed")),
                Err(error) => Err(error.into()),
            }
        })
    }
}

/// A command that removes the messages it names, at once, takes the rights for marking them as deleted
/// and for expunging them (RFC 6851, section 4.2; RFC 8508, section 4.1).
pub(super) fn may_remove(view: &View) -> Result<(), Failure> {
    if view.access() == Access::ReadOnly {
        return Err(read_only().into());
    }
    permit(view, Rights::DELETE_MESSAGES.and(Rights::EXPUNGE))
}

/// Goes on only with these rights on the selected mailbox.
pub(super) fn permit(view: &View, needed: Rights) -> Result<(), Failure> {
    match view.rights().has(needed) {
        true => Ok(()),
        false => Err(StoreError::NoPermission.into()),
    }
}

/// The answer to a change in a mailbox that was opened by EXAMINE.
pub(super) fn read_only() -> Reply {
    Reply::no("the mailbox is read-only").with(ResponseCode::ReadOnly)
}
