//! FETCH and UID FETCH (RFC 3501, sections 6.4.5 and 6.4.8), also of what has changed (RFC 7162,
//! sections 3.1.4 and 3.2.6) and of some of the messages (RFC 9394, section 3.3).

use std::collections::VecDeque;

use super::store::{change, no_such_number};
use crate::imap::failure::Failure;
use crate::imap::fetch::{Answers, Form, Loader, Unprepared, is_decodable};
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Audience, Counts, Reply, ResponseCode};
use crate::imap::session::Session;
use crate::imap::syntax::{
    Cursor, FetchItem, ParseError, Parsed, Reads, ResultRange, Section, SequenceSet, compact_uid_set,
    fetch_items, result_range, sequence_set, within,
};
use crate::imap::view::{Entry, Numbered, Numbering, Sync};
use crate::store::{Access, FlagChange, Flags, ModSeq, Rights, Store, StoreError, SystemFlag, Wanted};

/// See [`parse`].
pub(crate) const FETCH: Registered =
    Registered::new("FETCH", Gate::Selected, |cursor| parse(cursor, Numbering::Sequence)).holding_expunges();

/// See [`parse`].
pub(crate) const UID_FETCH: Registered =
    Registered::new("UID FETCH", Gate::Selected, |cursor| parse(cursor, Numbering::Uid)).by_uid();

/// How many messages are marked as read at once: few, so that messages that a broken connection
/// kept from the client are not marked; several, so that not every one waits for the disk.
const BATCH: usize = 50;

/// How many are told at once where nothing is marked.
const LARGE_BATCH: usize = 200;

/// So many messages at most are named that were told otherwise than they are.
const DOWNGRADED_LIMIT: usize = 1000;

struct Fetch {
    set: SequenceSet,
    numbering: Numbering,
    items: Vec<FetchItem>,
    modifiers: Modifiers,
}

/// What narrows a FETCH down.
#[derive(Debug, Default)]
struct Modifiers {
    changed_since: Option<ModSeq>,
    vanished: Option<Vanished>,
    partial: Option<ResultRange>,
}

/// `VANISHED`: expunged messages are told, too.
#[derive(Debug)]
struct Vanished;

/// ```abnf
/// fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" /
///         fetch-att / "(" fetch-att *(SP fetch-att) ")") [fetch-modifiers]
/// ```
fn parse(cursor: &mut Cursor<'_>, numbering: Numbering) -> Parsed<Box<dyn Command>> {
    cursor.space()?;
    let set = sequence_set(cursor)?;
    cursor.space()?;
    let items = fetch_items(cursor)?;
    let modifiers = if cursor.eat_word(" (") { modifiers(cursor, numbering)? } else { Modifiers::default() };
    Ok(Box::new(Fetch { set, numbering, items, modifiers }))
}

/// ```abnf
/// fetch-modifiers     = SP "(" fetch-modifier *(SP fetch-modifier) ")"      ; RFC 4466, section 4
/// chgsince-fetch-mod  = "CHANGEDSINCE" SP mod-sequence-value                ; RFC 7162, section 7
/// rexpunges-fetch-mod = "VANISHED"
/// fetch-modifier      =/ "PARTIAL" SP partial-range                         ; RFC 9394, section 4
/// ```
fn modifiers(cursor: &mut Cursor<'_>, numbering: Numbering) -> Parsed<Modifiers> {
    let mut found = Modifiers::default();
    loop {
        match cursor.atom()?.to_ascii_uppercase().as_str() {
            "CHANGEDSINCE" if found.changed_since.is_none() => {
                cursor.space()?;
                found.changed_since = Some(ModSeq(cursor.nz_mod_sequence()?));
            }
            "VANISHED" if numbering == Numbering::Uid => found.vanished = Some(Vanished),
            "PARTIAL" if numbering == Numbering::Uid && found.partial.is_none() => {
                cursor.space()?;
                found.partial = Some(result_range(cursor)?);
            }
            _ => return Err(ParseError::Syntax("there is no such modifier here")),
        }
        if cursor.eat(b')') {
            break;
        }
        cursor.space()?;
    }
    match (&found.vanished, found.changed_since) {
        (Some(Vanished), None) => Err(ParseError::Syntax("VANISHED stands only beside CHANGEDSINCE")),
        _ => Ok(found),
    }
}

impl Command for Fetch {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            self.raise_sync(session)?;
            let uid_unasked = (session.context.shared.seams.renderer.imap_uid_unasked)();
            let view = session.view()?;
            let mut places = view.select(&self.set, self.numbering).map_err(no_such_number)?;
            let may_see = view.access() == Access::ReadWrite && view.rights().has(Rights::SEEN);
            let sets_seen = may_see && self.items.iter().any(FetchItem::sets_seen);
            let mut items = self.items;
            if self.numbering == Numbering::Uid && uid_unasked && !items.contains(&FetchItem::Uid) {
                items.insert(0, FetchItem::Uid);
            }
            if let Some(partial) = self.modifiers.partial {
                places = places.get(partial.within(places.len())).unwrap_or_default().to_vec();
            }
            if let Some(since) = self.modifiers.changed_since {
                places.retain(|&place| view.entries().get(place).is_some_and(|e| e.modseq() > since));
                if !items.contains(&FetchItem::ModSeq) {
                    items.push(FetchItem::ModSeq);
                }
                if self.modifiers.vanished.is_some() {
                    let ranges = self.set.resolve(view.largest_uid().0);
                    tell_vanished(session, &ranges, since).await?;
                }
            }
            let mut left = Told::Whole;
            let wanted = wanted(&items);
            let mut telling = Telling::new(session, items)?;
            let batch = if sets_seen { BATCH } else { LARGE_BATCH };
            let mut rest = places.as_slice();
            while !rest.is_empty() {
                let ahead = rest.get(..batch.min(rest.len())).unwrap_or_default();
                let mut loaders = telling.load(session, ahead, wanted).await?;
                let (batch, behind) = match wanted {
                    Some(_) => rest.split_at(loaders.len().clamp(1, rest.len())),
                    None => rest.split_at(ahead.len()),
                };
                rest = behind;
                let marked = match sets_seen {
                    true => mark_seen(session, &telling.decodable(batch, &mut loaders).await?).await?,
                    false => Vec::new(),
                };
                for &place in batch {
                    let loader = loaders.pop_front().flatten();
                    let flags = if marked.contains(&place) { FlagsChanged::Yes } else { FlagsChanged::No };
                    left = left.max(telling.tell(session, place, flags, loader).await?);
                }
                telling.send(session).await?;
            }
            match left {
                Told::Whole => Ok(telling.completed("FETCH completed")),
                Told::Gone => Err(Reply::no("some of the messages no longer exist")
                    .with(ResponseCode::ExpungeIssued)
                    .into()),
                Told::UnknownEncoding => Err(Reply::no("a transfer encoding is not known here")
                    .with(ResponseCode::UnknownCte)
                    .into()),
            }
        })
    }
}

impl Fetch {
    /// Asking for modification sequences is asking for them from then on (RFC 7162, section 3.1).
    fn raise_sync(&self, session: &mut Session) -> Result<(), Failure> {
        if self.modifiers.vanished.is_some() && session.sync() < Sync::Qresync {
            return Err(Reply::bad("VANISHED needs ENABLE QRESYNC first").into());
        }
        if self.modifiers.changed_since.is_some() || self.items.contains(&FetchItem::ModSeq) {
            session.raise_sync(Sync::Condstore);
        }
        Ok(())
    }
}

/// Tells which messages with UIDs in `ranges` were expunged after `since`; not those whose
/// VANISHED or EXPUNGE is yet to come, for they still have numbers.
///
/// ```abnf
/// expunged-resp = "VANISHED" [SP "(EARLIER)"] SP known-uids      ; RFC 7162, section 7
/// ```
pub(super) async fn tell_vanished(
    session: &mut Session,
    ranges: &[(u32, u32)],
    since: ModSeq,
) -> Result<(), Failure> {
    let store = session.store();
    let view = session.view()?;
    let mut vanished = store.vanished(view.mailbox(), since).await?;
    vanished.retain(|uid| within(ranges, uid.0) && !view.knows(*uid));
    if vanished.is_empty() || !(session.context.shared.seams.view.imap_vanished_told)() {
        return Ok(());
    }
    let vanished: Vec<u32> = vanished.into_iter().map(|uid| uid.0).collect();
    let line = format!("* VANISHED (EARLIER) {}\r\n", compact_uid_set(&vanished));
    session.link.write(line.as_bytes()).await?;
    Ok(())
}

/// Sets `\Seen` where it is not set, and gives the places where it was not.
async fn mark_seen(session: &mut Session, places: &[usize]) -> Result<Vec<usize>, Failure> {
    let view = session.view()?;
    let unseen = |message: Numbered<'_>| !message.entry.is_gone() && !message.flags.has(SystemFlag::Seen);
    let unseen: Vec<usize> =
        places.iter().copied().filter(|&place| view.at(place).is_some_and(unseen)).collect();
    change(session, &unseen, FlagChange::Add, &Flags::new().with(SystemFlag::Seen), None).await?;
    Ok(unseen)
}

/// What became of the answer about one message; the later of these is the more important news.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    /// It was given.
    Whole,
    /// The message is gone.
    Gone,
    /// It is in an encoding that can not be undone.
    UnknownEncoding,
}

/// What of messages is to be loaded; nothing where the view knows all that is asked for.
fn wanted(items: &[FetchItem]) -> Option<Wanted> {
    let whole = |section: &Section| section.part.is_empty() && section.text.is_none();
    let of = |item: &FetchItem| match item {
        FetchItem::Flags | FetchItem::Uid | FetchItem::ModSeq => None,
        FetchItem::Envelope | FetchItem::Body | FetchItem::BodyStructure => Some(Wanted::Structure),
        FetchItem::Rfc822 => Some(Wanted::Octets),
        FetchItem::Section { section, .. } if whole(section) => Some(Wanted::Octets),
        FetchItem::Rfc822Header | FetchItem::Rfc822Text | FetchItem::Section { .. } => Some(Wanted::Both),
        FetchItem::Binary { .. } | FetchItem::BinarySize { .. } => Some(Wanted::Both),
        FetchItem::Preview => Some(Wanted::Structure),
        _ => Some(Wanted::Attributes),
    };
    let both = |one, other| match (one, other) {
        (one, other) if one == other => one,
        (Wanted::Attributes, other) => other,
        (one, Wanted::Attributes) => one,
        _ => Wanted::Both,
    };
    items.iter().filter_map(of).reduce(both)
}

/// Have the flags of a message been changed by the command itself?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FlagsChanged {
    Yes,
    No,
}

/// Messages being told; what is the same for all of them.
struct Telling {
    store: Store,
    items: Vec<FetchItem>,
    /// For messages whose flags the command has changed.
    items_and_flags: Vec<FetchItem>,
    reads: Reads,
    answers: Answers,
    /// Messages of which something else was told than what they have, as far as they are named.
    downgraded: Vec<u32>,
    named: fn(u32, u32) -> u32,
}

impl Telling {
    fn new(session: &mut Session, items: Vec<FetchItem>) -> Result<Self, Failure> {
        let seams = session.context.shared.seams.clone();
        let reads = (seams.gate.imap_header_fields)(session.names().reads());
        let form = Form {
            counts: Counts {
                lines: seams.structure.imap_body_lines,
                octets: seams.structure.imap_body_octets,
            },
            literal_octets: seams.renderer.imap_literal_octets,
            email_number: seams.renderer.imap_email_number,
            saved: seams.renderer.imap_saved,
            preview: seams.renderer.imap_preview,
            decode: seams.structure.imap_binary,
            mailbox: session.view()?.mailbox(),
            audience: Audience {
                reads,
                revision: session.revision(),
                parameters: seams.structure.imap_parameters,
            },
        };
        let mut items_and_flags = items.clone();
        let told = match session.sync() >= Sync::Condstore {
            true => [FetchItem::Flags, FetchItem::Uid, FetchItem::ModSeq].as_slice(),
            false => &[FetchItem::Flags],
        };
        items_and_flags.extend(told.iter().filter(|item| !items.contains(item)).cloned());
        Ok(Self {
            store: session.store(),
            items,
            items_and_flags,
            reads,
            answers: Answers::new(form),
            downgraded: Vec::new(),
            named: seams.renderer.imap_downgraded,
        })
    }

    /// The answer that all is told, with what of it is not as it came (RFC 6858, section 3).
    fn completed(&mut self, text: &'static str) -> Reply {
        let uids = std::mem::take(&mut self.downgraded);
        match uids.is_empty() {
            true => Reply::ok(text),
            false => Reply::ok(text).with(ResponseCode::Downgraded(uids)),
        }
    }

    /// Loads messages together, the first of them, as many as there is room for.
    async fn load(
        &self,
        session: &mut Session,
        places: &[usize],
        wanted: Option<Wanted>,
    ) -> Result<VecDeque<Option<Loader>>, Failure> {
        let Some(wanted) = wanted else { return Ok(VecDeque::new()) };
        let view = session.view()?;
        let entries = places.iter().filter_map(|&place| view.entries().get(place));
        let uids = entries.map(Entry::uid).collect();
        let loaded = self.store.load(view.mailbox(), uids, wanted).await?.into_iter();
        let loader = |loaded| Loader::new(self.store.clone(), loaded, self.reads);
        Ok(loaded.map(|loaded| loaded.map(loader)).collect())
    }

    /// Those of the places that an answer about can be given, as far as transfer encodings go: a
    /// message that is not shown has not been seen (RFC 3516, section 4.3).
    async fn decodable(
        &self,
        places: &[usize],
        loaders: &mut VecDeque<Option<Loader>>,
    ) -> Result<Vec<usize>, Failure> {
        if !self.items.iter().any(|item| matches!(item, FetchItem::Binary { .. })) {
            return Ok(places.to_vec());
        }
        let mut decodable = Vec::with_capacity(places.len());
        for (&place, loader) in places.iter().zip(loaders) {
            if let Some(loader) = loader
                && is_decodable(&self.items, loader).await?
            {
                decodable.push(place);
            }
        }
        Ok(decodable)
    }

    /// Tells one message, with its flags where these were changed just now. A message of which
    /// nothing is left is passed over (RFC 2180, section 4.1).
    async fn tell(
        &mut self,
        session: &mut Session,
        place: usize,
        flags: FlagsChanged,
        mut loader: Option<Loader>,
    ) -> Result<Told, Failure> {
        let view = session.view()?;
        let Some(told) = view.at(place) else {
            return Ok(Told::Whole);
        };
        let items = match flags {
            FlagsChanged::Yes => &self.items_and_flags,
            FlagsChanged::No => &self.items,
        };
        match self.answers.add(view, told, items, loader.as_mut()).await {
            Ok(()) => {
                let downgraded = loader.is_some_and(|loader| loader.is_downgraded());
                if downgraded && self.downgraded.len() < DOWNGRADED_LIMIT {
                    self.downgraded.push((self.named)(told.number, told.entry.uid().0));
                }
            }
            Err(Unprepared::Store(StoreError::NoSuchMessage)) => return Ok(Told::Gone),
            Err(Unprepared::UnknownEncoding) => return Ok(Told::UnknownEncoding),
            Err(Unprepared::Store(error)) => return Err(error.into()),
        }
        if items.contains(&FetchItem::Flags) {
            view.flags_told(place);
        }
        if self.answers.is_enough() {
            self.send(session).await?;
        }
        Ok(Told::Whole)
    }

    async fn send(&mut self, session: &mut Session) -> Result<(), Failure> {
        self.answers.send(session.link.as_mut(), &self.store).await?;
        Ok(())
    }
}

/// Tells a new message unasked (RFC 5465, section 5.2). One that has gone meanwhile is passed over,
/// and so is one that can not be told.
pub(crate) async fn tell_new(
    session: &mut Session,
    place: usize,
    items: &[FetchItem],
) -> Result<(), Failure> {
    let mut items = items.to_vec();
    if items.contains(&FetchItem::Flags) && session.sync() >= Sync::Condstore {
        for item in [FetchItem::Uid, FetchItem::ModSeq] {
            if !items.contains(&item) {
                items.push(item);
            }
        }
    }
    let sets_seen = session.view()?.access() == Access::ReadWrite && items.iter().any(FetchItem::sets_seen);
    let marked = sets_seen && !mark_seen(session, &[place]).await?.is_empty();
    let wanted = wanted(&items);
    let mut telling = Telling::new(session, items)?;
    let loader = telling.load(session, &[place], wanted).await?.pop_front().flatten();
    let flags = if marked { FlagsChanged::Yes } else { FlagsChanged::No };
    telling.tell(session, place, flags, loader).await?;
    telling.send(session).await?;
    let told = telling.completed("a new message was told");
    if told.has_code() {
        session.say(&told);
    }
    Ok(())
}
