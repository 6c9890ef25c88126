//! MOVE and UID MOVE (RFC 6851).

use super::copy::missing;
use super::expunge::may_remove;
use super::store::no_such_number;
use crate::imap::failure::refusal_of_destination;
use crate::imap::naming::{name_of, resolve};
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::session::Session;
use crate::imap::syntax::{Cursor, MailboxArgument, Parsed, SequenceSet, mailbox, sequence_set};
use crate::imap::view::Numbering;
use crate::store::{Moved, StoreError};

/// See [`parse`].
pub(crate) const MOVE: Registered =
    Registered::new("MOVE", Gate::Selected, |cursor| parse(cursor, Numbering::Sequence)).of("MOVE");

/// See [`parse`].
pub(crate) const UID_MOVE: Registered =
    Registered::new("UID MOVE", Gate::Selected, |cursor| parse(cursor, Numbering::Uid)).by_uid().of("MOVE");

struct Move {
    set: SequenceSet,
    numbering: Numbering,
    mailbox: MailboxArgument,
}

/// ```abnf
/// move = "MOVE" SP sequence-set SP mailbox
/// ```
fn parse(cursor: &mut Cursor<'_>, numbering: Numbering) -> Parsed<Box<dyn Command>> {
    cursor.space()?;
    let set = sequence_set(cursor)?;
    cursor.space()?;
    Ok(Box::new(Move { set, numbering, mailbox: mailbox(cursor)? }))
}

impl Command for Move {
    /// Each message is moved or left where it is; where not all could be moved, COPYUID says which were
    /// (section 3.3). It comes before the messages go (section 4.3), which is told at the end as every
    /// expunge is.
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let view = session.view()?;
            let places = view.select(&self.set, self.numbering).map_err(no_such_number)?;
            may_remove(view)?;
            let (from, uids) = (view.mailbox(), view.uids(&places));
            if uids.len() < places.len() {
                return Err(StoreError::NoSuchMessage.into());
            }
            let to = name_of(&self.mailbox)?;
            let to = resolve(session, &to).await.map_err(|error| refusal_of_destination(&error))?;
            if uids.is_empty() {
                return Ok(Reply::ok("no messages, nothing moved"));
            }
            let store = session.store();
            let leaves = (session.context.shared.seams.store.imap_moved)();
            let Moved { copied: moved, modseq, stopped } = store
                .move_messages(from, uids, &to, missing(self.numbering), leaves)
                .await
                .map_err(|error| refusal_of_destination(&error))?;
            session.expunged(&moved.pairs.iter().map(|(here, _)| *here).collect::<Vec<_>>());
            session.made(moved.mailbox, moved.pairs.iter().map(|(_, there)| *there));
            let (from, to): (Vec<u32>, Vec<u32>) =
                moved.pairs.iter().map(|(here, there)| (here.0, there.0)).unzip();
            if let Some(validity) = moved.uid_validity.filter(|_| !from.is_empty()) {
                let code = ResponseCode::CopyUid { validity: validity.0, from, to };
                let mut line = Vec::new();
                Reply::ok("moved").with(code).write(&mut line, "*");
                session.link.push(&line);
            }
            match stopped {
                Some(error) => Err(refusal_of_destination(&error).into()),
                None => Ok(Reply::ok("MOVE completed").with(ResponseCode::HighestModSeq(modseq.0))),
            }
        })
    }
}
