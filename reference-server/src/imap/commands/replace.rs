//! REPLACE and UID REPLACE (RFC 8508): a message is put into a mailbox, and takes the place of
//! another one in the mailbox that is selected.

use super::append::{Given, given, received};
use super::expunge::may_remove;
use super::store::no_such_number;
use crate::imap::failure::refusal_of_destination;
use crate::imap::naming::{name_of, resolve};
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::session::Session;
use crate::imap::syntax::{Cursor, MailboxArgument, ParseError, Parsed, SequenceSet, mailbox, sequence_set};
use crate::imap::view::Numbering;
use crate::store::{Replaced, StoreError, Which};

/// See [`parse`].
pub(crate) const REPLACE: Registered =
    Registered::new("REPLACE", Gate::Selected, |cursor| parse(cursor, Numbering::Sequence)).of("REPLACE");

/// See [`parse`].
pub(crate) const UID_REPLACE: Registered =
    Registered::new("UID REPLACE", Gate::Selected, |cursor| parse(cursor, Numbering::Uid))
        .by_uid()
        .of("REPLACE");

struct Replace {
    replaced: SequenceSet,
    numbering: Numbering,
    mailbox: MailboxArgument,
    message: Given,
}

/// ```abnf
/// replace = "REPLACE" SP seq-number SP mailbox append-message      ; RFC 8508, section 5
/// ```
/// UID REPLACE has a UID in the place of the number.
fn parse(cursor: &mut Cursor<'_>, numbering: Numbering) -> Parsed<Box<dyn Command>> {
    cursor.space()?;
    let replaced = sequence_set(cursor)?;
    if !replaced.is_one() {
        return Err(ParseError::Syntax("one message is replaced at a time"));
    }
    cursor.space()?;
    let mailbox = mailbox(cursor)?;
    let message = given(cursor, cursor.message_limit())?;
    Ok(Box::new(Replace { replaced, numbering, mailbox, message }))
}

impl Command for Replace {
    /// Both or neither. APPENDUID comes before the message goes (section 4.3), which is told at the
    /// end as every expunge is.
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let to = name_of(&self.mailbox)?;
            let message = received(session, vec![self.message]).await?.pop();
            let view = session.view()?;
            let places = view.select(&self.replaced, self.numbering).map_err(no_such_number)?;
            may_remove(view)?;
            let (from, uid) = (view.mailbox(), view.uids(&places).pop());
            let (Some(uid), Some(message)) = (uid, message) else {
                return Err(StoreError::NoSuchMessage.into());
            };
            let store = session.store();
            if (session.context.shared.seams.store.imap_replaced)() == Replaced::First {
                store.expunge(from, Which::These(vec![uid])).await?;
            }
            let to = resolve(session, &to).await.map_err(|error| refusal_of_destination(&error))?;
            let (appended, modseq) = store
                .replace(from, uid, &to, message)
                .await
                .map_err(|error| refusal_of_destination(&error))?;
            session.expunged(&[uid]);
            session.made(appended.mailbox, [appended.uid]);
            if let Some(validity) = appended.uid_validity {
                let code = ResponseCode::AppendUid { validity: validity.0, uids: vec![appended.uid.0] };
                let mut line = Vec::new();
                Reply::ok("the new message is there").with(code).write(&mut line, "*");
                session.link.push(&line);
            }
            Ok(Reply::ok("REPLACE completed").with(ResponseCode::HighestModSeq(modseq.0)))
        })
    }
}
