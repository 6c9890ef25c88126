//! What one session has been told of its mailbox: the list of messages behind the client's
//! sequence numbers, and the news that are known and not yet told (RFC 3501, sections 2.3.1.2,
//! 5.2 and 7.4.1).
//!
//! A number means to this client what it meant when the client last heard of it, whatever other
//! sessions do: messages leave the list only when their EXPUNGE is told, and join it only when
//! EXISTS is. Pure: it reads no store and writes no socket.

mod choosing;
mod entry;
mod telling;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, btree_map};

pub(crate) use entry::Entry;
use entry::News;

use crate::store::{
    Access, Changes, FlagChange, FlagSets, Flags, Listed, Listing, MailboxId, ModSeq, Rights, SetId,
    Snapshot, SystemFlag, Uid,
};

/// A message that the client knows, with its number and its flags.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Numbered<'v> {
    /// Its sequence number.
    pub(crate) number: u32,
    /// What is known of it.
    pub(crate) entry: &'v Entry,
    /// Its flags, without `\Recent`.
    pub(crate) flags: &'v Flags,
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
    /// How it was opened.
    opened: Access,
    /// What this user may do.
    rights: Rights,
    /// The client has not heard of a change of these.
    rights_news: bool,
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
    /// The flags of all of these.
    sets: FlagSets,
    counts: Counts,
    /// Keywords that the client has heard of: in lower case, and as spelt.
    keywords: BTreeMap<String, String>,
    keyword_news: bool,
    /// What the client knows of messages whose flags have changed since, until it is told.
    outdated: BTreeMap<Uid, Outdated>,
    /// What the last search saved (RFC 5182), in ascending order; some may be gone.
    saved: Vec<Uid>,
}

/// The flags of a message as the client was told.
#[derive(Debug, Clone, Copy)]
struct Outdated {
    flags: SetId,
    /// When they became so.
    from: ModSeq,
    /// Up to which change they were so for sure.
    to: ModSeq,
}

/// How many of the told messages are what, so that nobody looks through all of them to see that
/// there is nothing to tell.
#[derive(Debug, Default)]
struct Counts {
    recent: usize,
    /// With news of flags.
    changed: usize,
    gone: usize,
}

/// The most keywords that a client is told of.
const KEYWORDS: usize = 1000;

/// Sets of flags that may be held beyond those in use before the view looks which ones these are.
const SPARE_SETS: usize = 1000;

impl View {
    /// The view that SELECT and EXAMINE begin with: everything in the snapshot counts as told.
    pub(crate) fn new(snapshot: Snapshot, access: Access, sync: Sync, revision: Revision) -> Self {
        let Snapshot { mailbox, listing: Listing { messages, sets }, rights } = snapshot;
        let recent = |listed: &Listed| revision == Revision::Rev1 && listed.uid >= mailbox.recent_from;
        let told: Vec<Entry> =
            messages.into_iter().map(|listed| Entry::new(listed, recent(&listed))).collect();
        let counts =
            Counts { recent: told.iter().filter(|entry| entry.is_recent()).count(), ..Counts::default() };
        let mut view = Self {
            mailbox: mailbox.id,
            opened: access,
            rights,
            rights_news: false,
            known: mailbox.highest_modseq,
            before_expunge: None,
            saved: Vec::new(),
            sync,
            revision,
            uid_next: mailbox.uid_next,
            told,
            arrived: Vec::new(),
            sets: FlagSets::default(),
            counts,
            keywords: BTreeMap::new(),
            keyword_news: false,
            outdated: BTreeMap::new(),
        };
        sets.iter().for_each(|flags| view.learn_keywords(flags));
        view.sets = sets;
        view.keyword_news = false;
        view
    }

    /// The mailbox.
    pub(crate) fn mailbox(&self) -> MailboxId {
        self.mailbox
    }

    /// How it is open: as it was opened, as far as the user may change anything.
    pub(crate) fn access(&self) -> Access {
        self.opened.limited(self.rights)
    }

    /// What this user may do with it.
    pub(crate) fn rights(&self) -> Rights {
        self.rights
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
            self.told.iter_mut().chain(&mut self.arrived).for_each(Entry::forget_recent);
            self.counts.recent = 0;
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

    /// The flags of a message, without `\Recent`.
    pub(crate) fn flags(&self, entry: &Entry) -> &Flags {
        self.sets.get(entry.flags())
    }

    /// The message at `place` (from 0).
    pub(crate) fn at(&self, place: usize) -> Option<Numbered<'_>> {
        let number = u32::try_from(place.saturating_add(1)).unwrap_or(u32::MAX);
        self.told.get(place).map(|entry| Numbered { number, entry, flags: self.flags(entry) })
    }

    /// Those of them that are not gone, with their numbers.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = Numbered<'_>> {
        let numbers = 1..=u32::MAX;
        let there = numbers.zip(&self.told).filter(|(_, entry)| !entry.is_gone());
        there.map(|(number, entry)| Numbered { number, entry, flags: self.flags(entry) })
    }

    /// Whether the client has, or will have, a number for the message with this UID.
    pub(crate) fn knows(&self, uid: Uid) -> bool {
        let place = |entries: &[Entry]| entries.binary_search_by_key(&uid, Entry::uid).is_ok();
        place(&self.told) || place(&self.arrived)
    }

    /// Whether some of them are expunged, and the client has not been told.
    pub(crate) fn has_gone(&self) -> bool {
        self.counts.gone > 0
    }

    /// How many of them are recent.
    pub(crate) fn recent(&self) -> usize {
        self.counts.recent
    }

    /// The sequence number of the first message without `\Seen`.
    pub(crate) fn first_unseen(&self) -> Option<usize> {
        let unseen = |entry: &Entry| !self.flags(entry).has(SystemFlag::Seen);
        Some(self.told.iter().position(unseen)?.saturating_add(1))
    }

    /// The flags that are used in the mailbox, as inside a flag list: the system flags and the
    /// keywords.
    pub(crate) fn flag_names(&self) -> String {
        let mut names: Vec<&str> = SystemFlag::ALL.into_iter().map(SystemFlag::name).collect();
        names.extend(self.keywords.values().map(String::as_str));
        names.join(" ")
    }

    /// Those of them that this client can change for good, and `\*` where it can make new ones (RFC
    /// 4314, section 5.1.1).
    pub(crate) fn permanent_flags(&self) -> String {
        if self.access() == Access::ReadOnly {
            return String::new();
        }
        let allowed = |flag: &SystemFlag| self.rights.has(Rights::of_flag(*flag));
        let mut names: Vec<&str> =
            SystemFlag::ALL.into_iter().filter(allowed).map(SystemFlag::name).collect();
        if self.rights.has(Rights::WRITE) {
            names.extend(self.keywords.values().map(String::as_str));
            names.push("\\*");
        }
        names.join(" ")
    }

    /// Takes in what happened to the mailbox. Nothing is told by this.
    pub(crate) fn absorb(&mut self, changes: Changes) {
        let Changes { mailbox, changed, vanished, rights } = changes;
        if !vanished.is_empty() {
            self.before_expunge.get_or_insert(self.known);
        }
        self.rights_news |= self.rights != rights;
        self.rights = rights;
        self.uid_next = self.uid_next.max(mailbox.uid_next);
        self.forget(&vanished);
        let ids = self.adopt(&changed.sets);
        for listed in changed.messages {
            let recent = self.revision == Revision::Rev1 && listed.uid >= mailbox.recent_from;
            self.take_in(Listed { flags: ids.of(listed.flags), ..listed }, recent);
        }
        self.known = self.known.max(mailbox.highest_modseq);
        self.drop_unused_sets();
    }

    /// Takes in that the mailbox itself has been deleted, and all its messages with it.
    pub(crate) fn absorb_deletion(&mut self) {
        self.arrived.clear();
        for place in 0..self.told.len() {
            self.set_news(place, News::Gone);
        }
    }

    fn forget(&mut self, vanished: &[Uid]) {
        let arrived = self.arrived.len();
        if arrived > 0 {
            self.arrived.retain(|entry| vanished.binary_search(&entry.uid()).is_err());
        }
        for &uid in vanished {
            if let Some(place) = place_of(&self.told, uid) {
                self.set_news(place, News::Gone);
            }
        }
    }

    fn take_in(&mut self, listed: Listed, recent: bool) {
        if let Some(place) = place_of(&self.told, listed.uid) {
            self.keep_told(place);
            self.update(place, listed, |flags| flags);
        } else if let Some(entry) = find(&mut self.arrived, listed.uid) {
            entry.set_flags(listed.flags, listed.modseq);
        } else {
            self.arrived.push(Entry::new(listed, recent));
        }
    }

    /// Remembers what the client knows of a message that has changed. Without modification sequences it
    /// has no use for that.
    fn keep_told(&mut self, place: usize) {
        let (to, sync) = (self.known, self.sync);
        let Some(entry) = self.told.get(place) else { return };
        if sync >= Sync::Condstore && entry.news() == News::None {
            let told = Outdated { flags: entry.flags(), from: entry.modseq(), to };
            self.outdated.insert(entry.uid(), told);
        }
    }

    /// Whether the client has yet to hear of another's change of the flags of the message at `place`.
    pub(crate) fn is_outdated(&self, place: usize) -> bool {
        self.told.get(place).is_some_and(|entry| entry.news() == News::Flags)
    }

    /// The flags that those of the messages at `places` had at that change, as far as the client has not
    /// been told of a later one; in ascending order of UID.
    pub(crate) fn flags_at(&self, places: &[usize], since: ModSeq) -> Vec<(Uid, Flags)> {
        let uids = self.uids(places).into_iter();
        let known = uids.filter_map(|uid| Some((uid, *self.outdated.get(&uid)?)));
        let then = known.filter(|(_, told)| told.from <= since && since <= told.to);
        then.map(|(uid, told)| (uid, self.sets.get(told.flags).clone())).collect()
    }

    /// Takes in the flags of a message that was told, and whether the client has to hear of them:
    /// it has where they are others than it expects.
    fn update(&mut self, place: usize, listed: Listed, expected: impl FnOnce(SetId) -> SetId) {
        let Some(entry) = self.told.get_mut(place) else { return };
        let unexpected = listed.flags != expected(entry.flags());
        entry.set_flags(listed.flags, listed.modseq);
        if unexpected && entry.news() == News::None {
            self.set_news(place, News::Flags);
        }
    }

    fn set_news(&mut self, place: usize, news: News) {
        let Some(entry) = self.told.get_mut(place) else { return };
        for (which, counted) in [(News::Flags, &mut self.counts.changed), (News::Gone, &mut self.counts.gone)]
        {
            match (entry.news() == which, news == which) {
                (true, false) => *counted = counted.saturating_sub(1),
                (false, true) => *counted = counted.saturating_add(1),
                _ => {}
            }
        }
        entry.set_news(news);
    }

    /// Takes in messages as this session's own STORE left them. The client knows that much, unless
    /// the outcome shows that someone else had a hand in it, too.
    pub(crate) fn stored(&mut self, after: &Listing, change: FlagChange, flags: &Flags) {
        let ids = self.adopt(&after.sets);
        let mut expected = BTreeMap::new();
        for listed in &after.messages {
            let Some(place) = place_of(&self.told, listed.uid) else { continue };
            let Some(before) = self.told.get(place).map(Entry::flags) else { continue };
            let expected = *expected.entry(before).or_insert_with(|| {
                let changed = change.applied(self.sets.get(before), flags, self.rights);
                self.sets.id(&changed)
            });
            self.update(place, Listed { flags: ids.of(listed.flags), ..*listed }, |_| expected);
        }
        self.drop_unused_sets();
    }

    /// This session's own change, which has been taken in, has this sequence: where it is the next
    /// one, nothing else has happened.
    pub(crate) fn stepped(&mut self, modseq: ModSeq) {
        if self.known.0.checked_add(1) == Some(modseq.0) {
            self.known = modseq;
        }
    }

    /// Learns keywords of sets that came from the store, and takes the sets among its own.
    fn adopt(&mut self, sets: &FlagSets) -> Ids {
        let mut ids = Vec::with_capacity(sets.count());
        for flags in sets.iter() {
            self.learn_keywords(flags);
            ids.push(self.sets.id(flags));
        }
        Ids(ids)
    }

    /// Forgets sets that no message has any more, now and then.
    fn drop_unused_sets(&mut self) {
        let entries = self.told.len().saturating_add(self.arrived.len());
        if self.sets.count() <= entries.saturating_mul(2).saturating_add(SPARE_SETS) {
            return;
        }
        let before = std::mem::take(&mut self.sets);
        for entry in self.told.iter_mut().chain(&mut self.arrived) {
            let id = self.sets.id(before.get(entry.flags()));
            entry.set_flags(id, entry.modseq());
        }
        for told in self.outdated.values_mut() {
            told.flags = self.sets.id(before.get(told.flags));
        }
    }

    /// Not all of very many: the client need be told of the system flags only (RFC 3501, section 7.2.6),
    /// and whoever else may write to the mailbox can make new keywords for ever.
    fn learn_keywords(&mut self, flags: &Flags) {
        for keyword in flags.keywords() {
            if self.keywords.len() >= KEYWORDS {
                return;
            }
            if let btree_map::Entry::Vacant(place) = self.keywords.entry(keyword.to_ascii_lowercase()) {
                place.insert(keyword.to_owned());
                self.keyword_news = true;
            }
        }
    }
}

/// The view's ids of sets that have other ids elsewhere.
struct Ids(Vec<SetId>);

impl Ids {
    fn of(&self, there: SetId) -> SetId {
        let place = usize::try_from(there.number()).unwrap_or(usize::MAX);
        self.0.get(place).copied().unwrap_or(there)
    }
}

fn place_of(entries: &[Entry], uid: Uid) -> Option<usize> {
    entries.binary_search_by_key(&uid, Entry::uid).ok()
}

fn find(entries: &mut [Entry], uid: Uid) -> Option<&mut Entry> {
    entries.get_mut(place_of(entries, uid)?)
}
