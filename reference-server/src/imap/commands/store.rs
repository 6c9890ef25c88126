//! STORE and UID STORE (RFC 3501, sections 6.4.6 and 6.4.8), also conditional (RFC 7162, section
//! 3.1.3).

use super::expunge::read_only;
use crate::imap::failure::Failure;
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, ResponseCode};
use crate::imap::session::Session;
use crate::imap::syntax::{Cursor, ParseError, Parsed, SequenceSet, flag_list, flags, sequence_set};
use crate::imap::view::{NoSuchNumber, Numbering, Sync, View};
use crate::store::{Access, FlagChange, Flags, ModSeq, Rights, StoreError, Unchanged};

/// See [`parse`].
pub(crate) const STORE: Registered =
    Registered::new("STORE", Gate::Selected, |cursor| parse(cursor, Numbering::Sequence)).holding_expunges();

/// See [`parse`].
pub(crate) const UID_STORE: Registered =
    Registered::new("UID STORE", Gate::Selected, |cursor| parse(cursor, Numbering::Uid)).by_uid();

struct Store {
    set: SequenceSet,
    numbering: Numbering,
    unchanged_since: Option<ModSeq>,
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
/// store           = "STORE" SP sequence-set [store-modifiers] SP store-att-flags
/// store-modifiers = SP "(" "UNCHANGEDSINCE" SP mod-sequence-valzer ")"      ; RFC 7162, section 7
/// store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag)))
/// ```
fn parse(cursor: &mut Cursor<'_>, numbering: Numbering) -> Parsed<Box<dyn Command>> {
    cursor.space()?;
    let set = sequence_set(cursor)?;
    cursor.space()?;
    let mut unchanged_since = None;
    if cursor.eat(b'(') {
        if !cursor.eat_word("UNCHANGEDSINCE ") {
            return Err(ParseError::Syntax("there is no such modifier of STORE"));
        }
        unchanged_since = Some(ModSeq(cursor.mod_sequence()?));
        cursor.expect(b')', "the modifiers of STORE do not end")?;
        cursor.space()?;
    }
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
    Ok(Box::new(Store { set, numbering, unchanged_since, change, echo, flags }))
}

impl Command for Store {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            if self.unchanged_since.is_some() {
                session.raise_sync(Sync::Condstore);
            }
            let view = session.view()?;
            let places = view.select(&self.set, self.numbering).map_err(no_such_number)?;
            if view.access() == Access::ReadOnly {
                return Err(read_only().into());
            }
            may_store(view, self.change, &self.flags)?;
            let seam = &session.context.shared.seams.store;
            let (how, since) =
                ((seam.imap_change)(self.change), (seam.imap_unchanged_since)(self.unchanged_since));
            let done = change(session, &places, how, &self.flags, since).await?;
            let view = session.view()?;
            let mut out = Vec::new();
            view.tell_keywords(&mut out);
            for &place in &places {
                // Why a message was left alone is told without being asked for, and so is what another did.
                let news = done.modified.binary_search(&place).is_ok() || view.is_outdated(place);
                if self.echo == Echo::Told || news {
                    view.tell_message(&mut out, place, self.numbering);
                } else {
                    view.tell_sequence(&mut out, place);
                }
            }
            let mut modified = named(view, &done.modified, self.numbering);
            if !(session.context.shared.seams.view.imap_modified_told)() {
                modified.clear();
            }
            session.link.write(&out).await?;
            Ok(outcome(done.gone.named_by(self.numbering), modified))
        })
    }
}

/// A STORE that names flags goes on where the user may change any of them, and one that names none
/// where he may change any at all (RFC 4314, section 4).
fn may_store(view: &View, change: FlagChange, flags: &Flags) -> Result<(), Failure> {
    let rights = view.rights();
    let permitted = match (flags.is_empty(), change) {
        (true, FlagChange::Replace) => rights.has_any(Rights::FLAGS),
        (true, FlagChange::Add | FlagChange::Remove) => true,
        (false, _) => !rights.of_flags(flags).is_empty(),
    };
    if permitted { Ok(()) } else { Err(StoreError::NoPermission.into()) }
}

/// The messages at these places, as the client named them.
fn named(view: &View, places: &[usize], numbering: Numbering) -> Vec<u32> {
    match numbering {
        Numbering::Uid => view.uids(places).into_iter().map(|uid| uid.0).collect(),
        Numbering::Sequence => {
            places.iter().map(|place| u32::try_from(place.saturating_add(1)).unwrap_or(u32::MAX)).collect()
        }
    }
}

/// That messages were left alone is the more important news (RFC 7162, section 3.1.3).
fn outcome(gone: Gone, modified: Vec<u32>) -> Reply {
    let reply = match gone {
        Gone::None if modified.is_empty() => return Reply::ok("STORE completed"),
        Gone::None => Reply::ok("some of the messages have changed since"),
        Gone::Some => Reply::no("some of the messages no longer exist"),
    };
    match modified.is_empty() {
        true => reply.with(ResponseCode::ExpungeIssued),
        false => reply.with(ResponseCode::Modified(modified)),
    }
}

/// Whether some of the messages had been expunged (RFC 2180, section 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gone {
    None,
    Some,
}

impl Gone {
    /// A UID that stands for no message is no error (RFC 3501, section 6.4.8).
    pub(super) fn named_by(self, numbering: Numbering) -> Self {
        match numbering {
            Numbering::Sequence => self,
            Numbering::Uid => Self::None,
        }
    }
}

/// What a change of flags came to.
pub(super) struct Done {
    /// Whether some of the messages had been expunged.
    pub(super) gone: Gone,
    /// The places of those that were left alone because they had changed since.
    pub(super) modified: Vec<usize>,
}

/// How many messages are changed in one job of the store, so that others wait for no more than these.
const JOB: usize = 2000;

/// Changes flags in the store, and has the view know it. Each message is changed or not by itself
/// (RFC 3501 asks for no more), and where they are many others are served in between.
pub(super) async fn change(
    session: &mut Session,
    places: &[usize],
    change: FlagChange,
    flags: &Flags,
    unchanged_since: Option<ModSeq>,
) -> Result<Done, Failure> {
    let store = session.store();
    let view = session.view()?;
    let (mailbox, rights) = (view.mailbox(), view.rights());
    let mut found: usize = 0;
    let mut modified = Vec::new();
    for job in places.chunks(JOB) {
        let known = |since| Unchanged { since, known: view.flags_at(job, since) };
        let unchanged = unchanged_since.map(known);
        let (uids, flags_of_job) = (view.uids(job), flags.clone());
        let changed = store.change_flags(mailbox, uids, change, flags_of_job, rights, unchanged).await?;
        found = found.saturating_add(changed.after.messages.len());
        view.stored(&changed.after, change, flags);
        if let Some(modseq) = changed.modseq {
            view.stepped(modseq);
        }
        modified.extend(changed.modified);
    }
    let gone = if found < places.len() { Gone::Some } else { Gone::None };
    let left_alone = |place: &usize| {
        let entry = view.entries().get(*place);
        entry.is_some_and(|entry| modified.binary_search(&entry.uid()).is_ok())
    };
    Ok(Done { gone, modified: places.iter().copied().filter(left_alone).collect() })
}

/// The answer to a sequence number that stands for no message.
pub(super) fn no_such_number(_: NoSuchNumber) -> Reply {
    Reply::bad("there is no message with that number")
}
