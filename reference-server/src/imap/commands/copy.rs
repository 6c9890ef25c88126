//! COPY and UID COPY (RFC 3501, sections 6.4.7 and 6.4.8), with COPYUID (RFC 4315, section 3).

use super::store::no_such_number;
use crate::imap::failure::refusal_of_destination;
use crate::imap::naming::{name_of, resolve};
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::session::Session;
use crate::imap::syntax::{Cursor, MailboxArgument, Parsed, SequenceSet, mailbox, sequence_set};
use crate::imap::view::Numbering;
use crate::store::{Missing, StoreError};

/// See [`parse`].
pub(crate) const COPY: Registered =
    Registered::new("COPY", Gate::Selected, |cursor| parse(cursor, Numbering::Sequence))
        .extended_by("UIDPLUS");

/// See [`parse`].
pub(crate) const UID_COPY: Registered =
    Registered::new("UID COPY", Gate::Selected, |cursor| parse(cursor, Numbering::Uid))
        .by_uid()
        .extended_by("UIDPLUS");

struct Copy {
    set: SequenceSet,
    numbering: Numbering,
    mailbox: MailboxArgument,
}

/// ```abnf
/// copy = "COPY" SP sequence-set SP mailbox
/// ```
fn parse(cursor: &mut Cursor<'_>, numbering: Numbering) -> Parsed<Box<dyn Command>> {
    cursor.space()?;
    let set = sequence_set(cursor)?;
    cursor.space()?;
    Ok(Box::new(Copy { set, numbering, mailbox: mailbox(cursor)? }))
}

/// A UID that stands for no message is passed over (RFC 3501, section 6.4.8); a number stands for a
/// message until its EXPUNGE is told.
pub(super) fn missing(numbering: Numbering) -> Missing {
    match numbering {
        Numbering::Sequence => Missing::Refused,
        Numbering::Uid => Missing::PassedOver,
    }
}

impl Command for Copy {
    /// All or nothing: where one of the messages is gone, none is copied (RFC 2180, section 4.4).
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let view = session.view()?;
            let places = view.select(&self.set, self.numbering).map_err(no_such_number)?;
            let (from, uids) = (view.mailbox(), view.uids(&places));
            if uids.len() < places.len() {
                return Err(StoreError::NoSuchMessage.into());
            }
            let to = name_of(&self.mailbox)?;
            let to = resolve(session, &to).await.map_err(|error| refusal_of_destination(&error))?;
            let counted = (session.context.shared.seams.store.imap_copy_counted)();
            let store = session.store();
            let copied = store
                .copy(from, uids, &to, missing(self.numbering), counted)
                .await
                .map_err(|error| refusal_of_destination(&error))?;
            session.made(copied.mailbox, copied.pairs.iter().map(|(_, there)| *there));
            let (from, to): (Vec<u32>, Vec<u32>) =
                copied.pairs.iter().map(|(here, there)| (here.0, there.0)).unzip();
            if from.is_empty() {
                return Ok(Reply::ok("no messages, nothing copied"));
            }
            let reply = Reply::ok("COPY completed");
            Ok(match copied.uid_validity {
                Some(validity) => reply.with(ResponseCode::CopyUid { validity: validity.0, from, to }),
                None => reply,
            })
        })
    }
}
