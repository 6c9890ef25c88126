//! Which messages a client names: by number, by UID, or as what a search saved (RFC 3501, section
//! 9; RFC 5182).

use super::{Entry, NoSuchNumber, Numbering, View};
use crate::imap::syntax::SequenceSet;
use crate::store::Uid;

impl View {
    /// The places (from 0) of the messages in `set`, in ascending order. UIDs that stand for no
    /// message are passed over, and so are those of messages that are gone.
    pub(crate) fn select(&self, set: &SequenceSet, numbering: Numbering) -> Result<Vec<usize>, NoSuchNumber> {
        match (set, numbering) {
            (SequenceSet::Saved, _) => Ok(self.select_saved()),
            (SequenceSet::Ranges(_), Numbering::Sequence) => self.select_numbers(set),
            (SequenceSet::Ranges(_), Numbering::Uid) => Ok(self.select_uids(set)),
        }
    }

    /// The UIDs of the messages in `set`, as ascending ranges. No range spans a message that is not among
    /// them; it may span UIDs of which there is no message, and never will be.
    pub(crate) fn uid_ranges(
        &self,
        set: &SequenceSet,
        numbering: Numbering,
    ) -> Result<Vec<(u32, u32)>, NoSuchNumber> {
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        let mut before = None;
        for place in self.select(set, numbering)? {
            let Some(entry) = self.told.get(place).filter(|entry| !entry.is_gone()) else { continue };
            match ranges.last_mut().filter(|_| before == place.checked_sub(1)) {
                Some((_, last)) => *last = entry.uid().0,
                None => ranges.push((entry.uid().0, entry.uid().0)),
            }
            before = Some(place);
        }
        Ok(ranges)
    }

    /// Whether all of these sequence numbers stand for messages.
    pub(crate) fn has_numbers(&self, set: &SequenceSet) -> Result<(), NoSuchNumber> {
        self.number_ranges(set).map(|_| ())
    }

    /// Keeps the outcome of a search for `$`.
    pub(crate) fn save(&mut self, mut found: Vec<Uid>) {
        found.sort_unstable();
        self.saved = found;
    }

    /// What `$` stands for, as ranges of UIDs.
    pub(crate) fn saved_ranges(&self) -> Vec<(u32, u32)> {
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for uid in &self.saved {
            match ranges.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(uid.0) => *last = uid.0,
                _ => ranges.push((uid.0, uid.0)),
            }
        }
        ranges
    }

    /// What has been expunged is no longer part of what was saved (RFC 5182, section 2.1).
    fn select_saved(&self) -> Vec<usize> {
        let place = |uid: &Uid| self.told.binary_search_by_key(uid, Entry::uid).ok();
        self.saved.iter().filter_map(place).filter(|&place| self.is_there(place)).collect()
    }

    fn is_there(&self, place: usize) -> bool {
        self.told.get(place).is_some_and(|entry| !entry.is_gone())
    }

    fn select_numbers(&self, set: &SequenceSet) -> Result<Vec<usize>, NoSuchNumber> {
        let places = self.number_ranges(set)?.into_iter().flat_map(|(from, to)| from..=to);
        Ok(places.filter_map(|number| usize::try_from(number).ok()?.checked_sub(1)).collect())
    }

    fn number_ranges(&self, set: &SequenceSet) -> Result<Vec<(u32, u32)>, NoSuchNumber> {
        let count = u32::try_from(self.told.len()).unwrap_or(u32::MAX);
        let ranges = set.resolve(count);
        // In an empty mailbox "*" is 0, and every other number is too large.
        if ranges.iter().any(|&(from, to)| from == 0 || to > count) {
            return Err(NoSuchNumber);
        }
        Ok(ranges)
    }

    /// The UID for which `*` stands: that of the last message, or UIDNEXT where there is none.
    pub(crate) fn largest_uid(&self) -> Uid {
        self.told.last().map_or(self.uid_next, Entry::uid)
    }

    /// The UIDs of the messages at these places that are not gone.
    pub(crate) fn uids(&self, places: &[usize]) -> Vec<Uid> {
        let entries = places.iter().filter_map(|&place| self.told.get(place));
        entries.filter(|entry| !entry.is_gone()).map(Entry::uid).collect()
    }

    fn select_uids(&self, set: &SequenceSet) -> Vec<usize> {
        let mut places = Vec::new();
        for (from, to) in set.resolve(self.largest_uid().0) {
            let start = self.told.partition_point(|entry| entry.uid().0 < from);
            let end = self.told.partition_point(|entry| entry.uid().0 <= to);
            places.extend((start..end).filter(|&place| self.is_there(place)));
        }
        places
    }
}
