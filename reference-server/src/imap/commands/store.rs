//! STORE and UID STORE (RFC 3501, sections 6.4.6 and 6.4.8).

use super::expunge::read_only;
use crate::imap::failure::Failure;
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::session::Session;
use crate::imap::syntax::{Cursor, ParseError, Parsed, SequenceSet, flag_list, flags, sequence_set};
use crate::imap::view::{NoSuchNumber, Numbering, View};
use crate::store::{Access, FlagChange, Flags};

/// See [`parse`].
pub(crate) const STORE: Registered =
    Registered::new("STORE", Gate::Selected, |cursor| parse(cursor, Numbering::Sequence)).holding_expunges();

/// See [`parse`].
pub(crate) const UID_STORE: Registered =
    Registered::new("UID STORE", Gate::Selected, |cursor| parse(cursor, Numbering::Uid)).by_uid();

struct Store {
    set: SequenceSet,
    numbering: Numbering,
    change: FlagChange,
    echo: Echo,
    flags: Flags,
}

/// Whether the new flags are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Echo {
    Told,
    /// `.SILENT`
    Silent,
}

/// ```abnf
/// store           = "STORE" SP sequence-set SP store-att-flags
/// store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag)))
/// ```
fn parse(cursor: &mut Cursor<'_>, numbering: Numbering) -> Parsed<Box<dyn Command>> {
    cursor.space()?;
    let set = sequence_set(cursor)?;
    cursor.space()?;
    let change = if cursor.eat(b'+') {
        FlagChange::Add
    } else if cursor.eat(b'-') {
        FlagChange::Remove
    } else {
        FlagChange::Replace
    };
    let echo = match cursor.atom()?.to_ascii_uppercase().as_str() {
        "FLAGS" => Echo::Told,
        "FLAGS.SILENT" => Echo::Silent,
        _ => return Err(ParseError::Syntax("only FLAGS can be stored")),
    };
    cursor.space()?;
    let flags = match cursor.peek() {
        Some(b'(') => flag_list(cursor)?,
        _ => flags(cursor)?,
    };
    Ok(Box::new(Store { set, numbering, change, echo, flags }))
}

impl Command for Store {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let view = session.view()?;
            let places = view.select(&self.set, self.numbering).map_err(no_such_number)?;
            if view.access() == Access::ReadOnly {
                return Err(read_only().into());
            }
            let gone = change(session, &places, self.change, &self.flags).await?;
            let view = session.view()?;
            let mut out = Vec::new();
            view.tell_keywords(&mut out);
            if self.echo == Echo::Told {
                echo(&mut out, view, &places, self.numbering);
            }
            session.link.write(&out).await?;
            match gone {
                Gone::None => Ok(Reply::ok("STORE completed")),
                Gone::Some => Err(Reply::no("some of the messages no longer exist")
                    .with(ResponseCode::ExpungeIssued)
                    .into()),
            }
        })
    }
}

/// Whether some of the messages had been expunged (RFC 2180, section 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gone {
    None,
    Some,
}

/// Changes flags in the store, and has the view know it.
pub(super) async fn change(
    session: &mut Session,
    places: &[usize],
    change: FlagChange,
    flags: &Flags,
) -> Result<Gone, Failure> {
    let store = session.store();
    let view = session.view()?;
    let uids = view.uids(places);
    if uids.is_empty() {
        return Ok(if places.is_empty() { Gone::None } else { Gone::Some });
    }
    let changed = store.change_flags(view.mailbox(), uids, change, flags.clone()).await?;
    let gone = if changed.len() < places.len() { Gone::Some } else { Gone::None };
    for message in changed {
        view.stored(message, change, flags);
    }
    Ok(gone)
}

fn echo(out: &mut Vec<u8>, view: &mut View, places: &[usize], numbering: Numbering) {
    for &place in places {
        let Some(entry) = view.entries().get(place).filter(|entry| !entry.is_gone()) else {
            continue;
        };
        out.extend_from_slice(format!("* {} FETCH (", place.saturating_add(1)).as_bytes());
        if numbering == Numbering::Uid {
            out.extend_from_slice(format!("UID {} ", entry.message.uid).as_bytes());
        }
        entry.write_flags(out);
        out.extend_from_slice(b")\r\n");
        view.flags_told(place);
    }
}

/// The answer to a sequence number that stands for no message.
pub(super) fn no_such_number(_: NoSuchNumber) -> Reply {
    Reply::bad("there is no message with that number")
}
