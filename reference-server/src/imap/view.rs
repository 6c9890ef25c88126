//! What one session has been told of its mailbox: the list of messages behind the client's
//! sequence numbers, and the news that are known and not yet told (RFC 3501, sections 2.3.1.2,
//! 5.2 and 7.4.1).
//!
//! A number means to this client what it meant when the client last heard of it, whatever other
//! sessions do: messages leave the list only when their EXPUNGE is told, and join it only when
//! EXISTS is. Pure: it reads no store and writes no socket.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, btree_map};

use crate::imap::response::{Reply, ResponseCode};
use crate::imap::syntax::{SequenceSet, compact_uid_set};
use crate::store::{
    Access, Changes, FlagChange, Flags, MailboxId, Message, ModSeq, Snapshot, SystemFlag, Uid,
};

/// A message as this session knows it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The message, with the flags that the store had when last asked.
    pub(crate) message: Message,
    /// Whether it is recent to this session.
    pub(crate) recent: bool,
    /// What of it the client has yet to hear.
    news: News,
}

/// What the client has yet to hear of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum News {
    None,
    /// Its flags were changed by someone else.
    Flags,
    /// It has been expunged.
    Gone,
}

impl Entry {
    /// Whether the message is expunged, though the client has not been told.
    pub(crate) fn is_gone(&self) -> bool {
        self.news == News::Gone
    }

    /// ```abnf
    /// "FLAGS" SP "(" [flag-fetch *(SP flag-fetch)] ")"
    /// ```
    pub(crate) fn write_flags(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"FLAGS (");
        out.extend_from_slice(self.message.flags.to_string().as_bytes());
        if self.recent {
            if !self.message.flags.is_empty() {
                out.push(b' ');
            }
            out.extend_from_slice(b"\\Recent");
        }
        out.push(b')');
    }
}

/// How much a session hears of modification sequences (RFC 7162): each of these includes the ones
/// before it, and there is no way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sync {
    /// Nothing: a client of RFC 3501.
    Plain,
    /// Changes are told with their sequence (section 3.1).
    Condstore,
    /// And what is expunged is told by UID, as VANISHED (section 3.2).
    Qresync,
}

/// Which revision of IMAP4 the client has asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Revision {
    /// IMAP4rev1 (RFC 3501), until the client asks for another.
    #[default]
    Rev1,
    /// IMAP4rev2 (RFC 9051): nothing is recent, and flags are told with the UID.
    Rev2,
}

/// Which numbers a command uses for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbering {
    /// Message sequence numbers.
    Sequence,
    /// Unique identifiers (RFC 3501, section 6.4.8).
    Uid,
}

/// Whether EXPUNGE may be told now (RFC 3501, section 7.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expunges {
    /// They may: sequence numbers may change behind this answer.
    Told,
    /// They wait: the command in progress is FETCH, STORE or SEARCH.
    Held,
}

/// A sequence number stands for no message (RFC 3501, section 9, seq-number).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoSuchNumber;

/// A selected mailbox as one session sees it.
#[derive(Debug)]
pub(crate) struct View {
    mailbox: MailboxId,
    access: Access,
    /// Up to which change everything is known.
    known: ModSeq,
    /// While there are expunges that the client has not been told: a sequence before the first.
    before_expunge: Option<ModSeq>,
    sync: Sync,
    revision: Revision,
    uid_next: Uid,
    /// Told messages, in ascending order of UID; number n is at n - 1.
    told: Vec<Entry>,
    /// Messages that are known and not yet told, in ascending order of UID.
    arrived: Vec<Entry>,
    /// Keywords that the client has heard of: in lower case, and as spelt.
    keywords: BTreeMap<String, String>,
    keyword_news: bool,
    /// What the last search saved (RFC 5182), in ascending order; some may be gone.
    saved: Vec<Uid>,
}

impl View {
    /// The view that SELECT and EXAMINE begin with: everything in the snapshot counts as told.
    pub(crate) fn new(snapshot: Snapshot, access: Access, sync: Sync, revision: Revision) -> Self {
        let mut view = Self {
            mailbox: snapshot.mailbox.id,
            access,
            known: snapshot.mailbox.highest_modseq,
            before_expunge: None,
            saved: Vec::new(),
            sync,
            revision,
            uid_next: snapshot.mailbox.uid_next,
            told: Vec::with_capacity(snapshot.messages.len()),
            arrived: Vec::new(),
            keywords: BTreeMap::new(),
            keyword_news: false,
        };
        for message in snapshot.messages {
            view.learn_keywords(&message.flags);
            let recent = revision == Revision::Rev1 && message.uid >= snapshot.mailbox.recent_from;
            view.told.push(Entry { message, recent, news: News::None });
        }
        view.keyword_news = false;
        view
    }

    /// The mailbox.
    pub(crate) fn mailbox(&self) -> MailboxId {
        self.mailbox
    }

    /// How it was opened.
    pub(crate) fn access(&self) -> Access {
        self.access
    }

    /// Up to which change everything is known.
    pub(crate) fn known(&self) -> ModSeq {
        self.known
    }

    /// The HIGHESTMODSEQ that the client may remember: it has been told of every expunge up to it
    /// (RFC 7162, section 3.2).
    pub(crate) fn highest_told(&self) -> ModSeq {
        self.before_expunge.unwrap_or(self.known)
    }

    /// How much the client hears of modification sequences from now on.
    pub(crate) fn set_sync(&mut self, sync: Sync) {
        self.sync = sync;
    }

    /// The client knows IMAP4rev2 from now on.
    pub(crate) fn set_revision(&mut self, revision: Revision) {
        self.revision = revision;
        if revision == Revision::Rev2 {
            for entry in self.told.iter_mut().chain(&mut self.arrived) {
                entry.recent = false;
            }
        }
    }

    /// Which revision of IMAP4 the client has asked for.
    pub(crate) fn revision(&self) -> Revision {
        self.revision
    }

    /// How many messages the client knows of.
    pub(crate) fn count(&self) -> usize {
        self.told.len()
    }

    /// The messages that the client knows of, in order.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.told
    }

    /// Those of them that are not gone, with their numbers.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (u32, &Entry)> {
        let numbers = 1..=u32::MAX;
        numbers.zip(&self.told).filter(|(_, entry)| !entry.is_gone())
    }

    /// Whether the client has, or will have, a number for the message with this UID.
    pub(crate) fn knows(&self, uid: Uid) -> bool {
        let place = |entries: &[Entry]| entries.binary_search_by_key(&uid, |entry| entry.message.uid).is_ok();
        place(&self.told) || place(&self.arrived)
    }

    /// How many of them are recent.
    pub(crate) fn recent(&self) -> usize {
        self.told.iter().filter(|entry| entry.recent).count()
    }

    /// The sequence number of the first message without `\Seen`.
    pub(crate) fn first_unseen(&self) -> Option<usize> {
        let unseen = |entry: &Entry| !entry.message.flags.has(SystemFlag::Seen);
        Some(self.told.iter().position(unseen)?.saturating_add(1))
    }

    /// The flags that are used in the mailbox, as inside a flag list: the system flags and the
    /// keywords.
    pub(crate) fn flag_names(&self) -> String {
        let mut names: Vec<&str> = SystemFlag::ALL.into_iter().map(SystemFlag::name).collect();
        names.extend(self.keywords.values().map(String::as_str));
        names.join(" ")
    }

    /// The places (from 0) of the messages in `set`, in ascending order. UIDs that stand for no
    /// message are passed over, and so are those of messages that are gone.
    pub(crate) fn select(&self, set: &SequenceSet, numbering: Numbering) -> Result<Vec<usize>, NoSuchNumber> {
        match (set, numbering) {
            (SequenceSet::Saved, _) => Ok(self.select_saved()),
            (SequenceSet::Ranges(_), Numbering::Sequence) => self.select_numbers(set),
            (SequenceSet::Ranges(_), Numbering::Uid) => Ok(self.select_uids(set)),
        }
    }

    /// Keeps the outcome of a search for `$`.
    pub(crate) fn save(&mut self, mut found: Vec<Uid>) {
        found.sort_unstable();
        self.saved = found;
    }

    /// What `$` stands for, as ranges of UIDs.
    pub(crate) fn saved_ranges(&self) -> Vec<(u32, u32)> {
        self.saved.iter().map(|uid| (uid.0, uid.0)).collect()
    }

    /// What has been expunged is no longer part of what was saved (RFC 5182, section 2.1).
    fn select_saved(&self) -> Vec<usize> {
        let place = |uid: &Uid| self.told.binary_search_by_key(uid, |entry| entry.message.uid).ok();
        let there = |place: &usize| self.told.get(*place).is_some_and(|entry| !entry.is_gone());
        self.saved.iter().filter_map(place).filter(there).collect()
    }

    fn select_numbers(&self, set: &SequenceSet) -> Result<Vec<usize>, NoSuchNumber> {
        let count = u32::try_from(self.told.len()).unwrap_or(u32::MAX);
        let ranges = set.resolve(count);
        // In an empty mailbox "*" is 0, and every other number is too large.
        if ranges.iter().any(|&(from, to)| from == 0 || to > count) {
            return Err(NoSuchNumber);
        }
        let places = ranges.into_iter().flat_map(|(from, to)| from..=to);
        Ok(places.filter_map(|number| usize::try_from(number).ok()?.checked_sub(1)).collect())
    }

    /// The UID for which `*` stands: that of the last message, or UIDNEXT where there is none.
    pub(crate) fn largest_uid(&self) -> Uid {
        self.told.last().map_or(self.uid_next, |entry| entry.message.uid)
    }

    /// The UIDs of the messages at these places that are not gone.
    pub(crate) fn uids(&self, places: &[usize]) -> Vec<Uid> {
        let entries = places.iter().filter_map(|&place| self.told.get(place));
        entries.filter(|entry| !entry.is_gone()).map(|entry| entry.message.uid).collect()
    }

    fn select_uids(&self, set: &SequenceSet) -> Vec<usize> {
        let mut places = Vec::new();
        for (from, to) in set.resolve(self.largest_uid().0) {
            let start = self.told.partition_point(|entry| entry.message.uid.0 < from);
            let end = self.told.partition_point(|entry| entry.message.uid.0 <= to);
            let there = |place: &usize| self.told.get(*place).is_some_and(|entry| !entry.is_gone());
            places.extend((start..end).filter(there));
        }
        places
    }

    /// Takes in what happened to the mailbox. Nothing is told by this.
    pub(crate) fn absorb(&mut self, changes: Changes) {
        if !changes.vanished.is_empty() {
            self.before_expunge.get_or_insert(self.known);
        }
        self.known = self.known.max(changes.mailbox.highest_modseq);
        self.uid_next = self.uid_next.max(changes.mailbox.uid_next);
        for uid in changes.vanished {
            self.forget(uid);
        }
        for message in changes.changed {
            self.learn_keywords(&message.flags);
            let recent = self.revision == Revision::Rev1 && message.uid >= changes.mailbox.recent_from;
            self.take_in(message, recent);
        }
    }

    /// Takes in that the mailbox itself has been deleted, and all its messages with it.
    pub(crate) fn absorb_deletion(&mut self) {
        self.arrived.clear();
        for entry in &mut self.told {
            entry.news = News::Gone;
        }
    }

    fn forget(&mut self, uid: Uid) {
        self.arrived.retain(|entry| entry.message.uid != uid);
        if let Some(entry) = find(&mut self.told, uid) {
            entry.news = News::Gone;
        }
    }

    fn take_in(&mut self, message: Message, recent: bool) {
        if let Some(entry) = find(&mut self.told, message.uid) {
            if entry.message.flags != message.flags && entry.news == News::None {
                entry.news = News::Flags;
            }
            entry.message = message;
        } else if let Some(entry) = find(&mut self.arrived, message.uid) {
            entry.message = message;
        } else {
            self.arrived.push(Entry { message, recent, news: News::None });
        }
    }

    /// Takes in a message as this session's own STORE left it. The client knows that much, unless
    /// the outcome shows that someone else had a hand in it, too.
    pub(crate) fn stored(&mut self, message: Message, change: FlagChange, flags: &Flags) {
        self.learn_keywords(&message.flags);
        let Some(entry) = find(&mut self.told, message.uid) else {
            return;
        };
        let mut expected = entry.message.flags.clone();
        match change {
            FlagChange::Replace => expected = flags.clone(),
            FlagChange::Add => expected.add(flags),
            FlagChange::Remove => expected.remove(flags),
        }
        if message.flags != expected && entry.news == News::None {
            entry.news = News::Flags;
        }
        entry.message = message;
    }

    /// This session's own change, which has been taken in, has this sequence: where it is the next
    /// one, nothing else has happened.
    pub(crate) fn stepped(&mut self, modseq: ModSeq) {
        if self.known.0.checked_add(1) == Some(modseq.0) {
            self.known = modseq;
        }
    }

    fn learn_keywords(&mut self, flags: &Flags) {
        for keyword in flags.keywords() {
            if let btree_map::Entry::Vacant(place) = self.keywords.entry(keyword.to_ascii_lowercase()) {
                place.insert(keyword.to_owned());
                self.keyword_news = true;
            }
        }
    }

    /// The flags of the message at `place` are being told within an answer.
    pub(crate) fn flags_told(&mut self, place: usize) {
        if let Some(entry) = self.told.get_mut(place)
            && entry.news == News::Flags
        {
            entry.news = News::None;
        }
    }

    /// Tells of keywords that are new to the mailbox (RFC 3501, section 7.2.6).
    pub(crate) fn tell_keywords(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.keyword_news) {
            out.extend_from_slice(format!("* FLAGS ({})\r\n", self.flag_names()).as_bytes());
        }
    }

    /// Tells all news that may be told now: EXPUNGE, EXISTS and RECENT, FETCH with flags.
    pub(crate) fn tell(&mut self, out: &mut Vec<u8>, expunges: Expunges, numbering: Numbering) {
        self.tell_keywords(out);
        let recent_before = self.recent();
        match expunges {
            Expunges::Told => self.tell_expunges(out),
            Expunges::Held => self.tell_held(out),
        }
        let grown = !self.arrived.is_empty();
        self.told.append(&mut self.arrived);
        if grown {
            out.extend_from_slice(format!("* {} EXISTS\r\n", self.told.len()).as_bytes());
        }
        if self.revision == Revision::Rev1 && (grown || self.recent() != recent_before) {
            out.extend_from_slice(format!("* {} RECENT\r\n", self.recent()).as_bytes());
        }
        self.tell_flags(out, numbering);
    }

    /// From lower to higher numbers, each counted after the ones before it have gone; or by UID
    /// (RFC 7162, section 3.2.10.2).
    fn tell_expunges(&mut self, out: &mut Vec<u8>) {
        self.before_expunge = None;
        let mut kept: usize = 0;
        let mut vanished = Vec::new();
        self.told.retain(|entry| {
            if !entry.is_gone() {
                kept = kept.saturating_add(1);
            } else if self.sync == Sync::Qresync {
                vanished.push(entry.message.uid.0);
            } else {
                let number = kept.saturating_add(1);
                out.extend_from_slice(format!("* {number} EXPUNGE\r\n").as_bytes());
            }
            !entry.is_gone()
        });
        if !vanished.is_empty() {
            out.extend_from_slice(format!("* VANISHED {}\r\n", compact_uid_set(&vanished)).as_bytes());
        }
    }

    /// Expunges stay untold while later changes have been told with their sequence: the client
    /// must not take that for all there is (RFC 7162, section 3.2).
    fn tell_held(&self, out: &mut Vec<u8>) {
        if let Some(before) = self.before_expunge
            && self.sync >= Sync::Condstore
            && self.told.iter().any(Entry::is_gone)
        {
            let code = ResponseCode::HighestModSeq(before.0);
            Reply::ok("expunges are yet to be told").with(code).write(out, "*");
        }
    }

    fn tell_flags(&mut self, out: &mut Vec<u8>, numbering: Numbering) {
        let numbering = self.told_by(numbering);
        for (place, entry) in self.told.iter_mut().enumerate() {
            if entry.news != News::Flags {
                continue;
            }
            entry.news = News::None;
            write_change(out, place, entry, numbering, self.sync);
        }
    }

    /// Whether changes are told with the UID (RFC 7162, section 3.2.4; RFC 9051, section 7.5.2).
    fn told_by(&self, numbering: Numbering) -> Numbering {
        match self.sync >= Sync::Condstore || self.revision == Revision::Rev2 {
            true => Numbering::Uid,
            false => numbering,
        }
    }

    /// Tells the flags of the message at `place`, as news are told.
    pub(crate) fn tell_message(&mut self, out: &mut Vec<u8>, place: usize, numbering: Numbering) {
        if let Some(entry) = self.told.get(place).filter(|entry| !entry.is_gone()) {
            write_change(out, place, entry, self.told_by(numbering), self.sync);
            self.flags_told(place);
        }
    }

    /// Tells what a STORE without an echo has to tell all the same: the new sequence, to clients
    /// that keep it (RFC 7162, section 3.1.3).
    pub(crate) fn tell_sequence(&self, out: &mut Vec<u8>, place: usize) {
        if let Some(entry) = self.told.get(place).filter(|entry| !entry.is_gone())
            && self.sync >= Sync::Condstore
        {
            let (number, message) = (place.saturating_add(1), &entry.message);
            let line = format!("* {number} FETCH (UID {} MODSEQ ({}))\r\n", message.uid, message.modseq);
            out.extend_from_slice(line.as_bytes());
        }
    }
}

/// One message whose flags have changed; with its modification sequence for those who want it
/// (RFC 7162, section 3.1).
fn write_change(out: &mut Vec<u8>, place: usize, entry: &Entry, numbering: Numbering, sync: Sync) {
    out.extend_from_slice(format!("* {} FETCH (", place.saturating_add(1)).as_bytes());
    if numbering == Numbering::Uid {
        out.extend_from_slice(format!("UID {} ", entry.message.uid).as_bytes());
    }
    entry.write_flags(out);
    if sync >= Sync::Condstore {
        out.extend_from_slice(format!(" MODSEQ ({})", entry.message.modseq).as_bytes());
    }
    out.extend_from_slice(b")\r\n");
}

fn find(entries: &mut [Entry], uid: Uid) -> Option<&mut Entry> {
    let place = entries.binary_search_by_key(&uid, |entry| entry.message.uid).ok()?;
    entries.get_mut(place)
}
