//! FETCH and UID FETCH (RFC 3501, sections 6.4.5 and 6.4.8).

use super::store::{Gone, change, no_such_number};
use crate::imap::failure::Failure;
use crate::imap::fetch::{Answer, Form, Loader};
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::session::Session;
use crate::imap::syntax::{Cursor, FetchItem, Parsed, SequenceSet, fetch_items, sequence_set};
use crate::imap::view::{Entry, Numbering};
use crate::store::{Access, FlagChange, Flags, StoreError, SystemFlag};

/// See [`parse`].
pub(crate) const FETCH: Registered =
    Registered::new("FETCH", Gate::Selected, |cursor| parse(cursor, Numbering::Sequence)).holding_expunges();

/// See [`parse`].
pub(crate) const UID_FETCH: Registered =
    Registered::new("UID FETCH", Gate::Selected, |cursor| parse(cursor, Numbering::Uid)).by_uid();

/// How many messages are marked as read at once: few, so that messages that a broken connection
/// kept from the client are not marked; several, so that not every one waits for the disk.
const BATCH: usize = 50;

struct Fetch {
    set: SequenceSet,
    numbering: Numbering,
    items: Vec<FetchItem>,
}

/// ```abnf
/// fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" /
///         fetch-att / "(" fetch-att *(SP fetch-att) ")")
/// ```
fn parse(cursor: &mut Cursor<'_>, numbering: Numbering) -> Parsed<Box<dyn Command>> {
    cursor.space()?;
    let set = sequence_set(cursor)?;
    cursor.space()?;
    Ok(Box::new(Fetch { set, numbering, items: fetch_items(cursor)? }))
}

impl Command for Fetch {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let uid_unasked = (session.context.shared.seams.renderer.imap_uid_unasked)();
            let view = session.view()?;
            let places = view.select(&self.set, self.numbering).map_err(no_such_number)?;
            let sets_seen = view.access() == Access::ReadWrite && self.items.iter().any(FetchItem::sets_seen);
            let mut items = self.items;
            if self.numbering == Numbering::Uid && uid_unasked && !items.contains(&FetchItem::Uid) {
                items.insert(0, FetchItem::Uid);
            }
            let mut gone = Gone::None;
            for batch in places.chunks(BATCH) {
                let marked = if sets_seen { mark_seen(session, batch).await? } else { Vec::new() };
                for &place in batch {
                    if tell(session, place, &items, marked.contains(&place)).await? == Gone::Some {
                        gone = Gone::Some;
                    }
                }
            }
            match gone {
                Gone::None => Ok(Reply::ok("FETCH completed")),
                Gone::Some => Err(Reply::no("some of the messages no longer exist")
                    .with(ResponseCode::ExpungeIssued)
                    .into()),
            }
        })
    }
}

/// Sets `\Seen` where it is not set, and gives the places where it was not.
async fn mark_seen(session: &mut Session, places: &[usize]) -> Result<Vec<usize>, Failure> {
    let view = session.view()?;
    let unseen = |entry: &Entry| !entry.is_gone() && !entry.message.flags.has(SystemFlag::Seen);
    let unseen: Vec<usize> =
        places.iter().copied().filter(|&place| view.entries().get(place).is_some_and(unseen)).collect();
    change(session, &unseen, FlagChange::Add, &Flags::new().with(SystemFlag::Seen)).await?;
    Ok(unseen)
}

/// Tells one message, with its flags where these were changed just now. A message of which
/// nothing is left is passed over (RFC 2180, section 4.1).
async fn tell(
    session: &mut Session,
    place: usize,
    items: &[FetchItem],
    flags_changed: bool,
) -> Result<Gone, Failure> {
    let form = Form { body_lines: session.context.shared.seams.structure.imap_body_lines };
    let store = session.store();
    let view = session.view()?;
    let Some(entry) = view.entries().get(place) else {
        return Ok(Gone::None);
    };
    let mut items = items.to_vec();
    if flags_changed && !items.contains(&FetchItem::Flags) {
        items.push(FetchItem::Flags);
    }
    let mut loader = Loader::new(store, entry.message.body);
    let number = place.saturating_add(1);
    let answer = match Answer::prepare(number, entry, &items, &mut loader, form).await {
        Ok(answer) => answer,
        Err(StoreError::NoSuchMessage) => return Ok(Gone::Some),
        Err(error) => return Err(error.into()),
    };
    if items.contains(&FetchItem::Flags) {
        view.flags_told(place);
    }
    answer.send(session.link.as_mut()).await?;
    Ok(Gone::None)
}
