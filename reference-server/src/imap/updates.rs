//! Searches whose outcome a client wants to be kept up to date (RFC 5267, section 4.3): what left
//! the results is told before the numbers of messages change, what joined them after.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::imap::order::{Criterion, Key, SortedBy, compare};
use crate::imap::search::{Found, Largest, Negation, compile, matching, with_keys};
use crate::imap::syntax::{FetchItem, SearchKey, SequenceSet, compact_uid_set};
use crate::imap::view::{Entry, Numbering, View};
use crate::store::{ModSeq, Store, StoreError, Uid};

/// The most searches that one session may have kept up to date.
const LIMIT: usize = 16;

/// How much all of them may take of memory when they begin, in octets.
const ROOM: usize = 16 * 1024 * 1024;

/// How searches are evaluated; each is a seam.
#[derive(Clone, Copy)]
pub(crate) struct Evaluation {
    /// What NOT makes of an answer.
    pub(crate) negation: Negation,
    /// What messages are sorted by.
    pub(crate) sorted: SortedBy,
}

/// One search with its outcome as the client knows it.
pub(crate) struct Context {
    /// The tag of the command, by which its updates are told.
    tag: String,
    numbering: Numbering,
    keys: Vec<SearchKey>,
    /// Of SORT; a SEARCH has none, and the order of the mailbox.
    criteria: Vec<Criterion>,
    /// What is told of a new message that joins the results (RFC 5465, section 7).
    items: Vec<FetchItem>,
    results: Results,
    /// Up to which change, and up to which message, everything has been looked at.
    seen: ModSeq,
    through: Option<Uid>,
}

impl Context {
    /// A search that was carried out just now. Message numbers in it mean what they mean now, for
    /// good (RFC 5267, section 4.3).
    pub(crate) fn new(
        tag: String,
        numbering: Numbering,
        keys: Vec<SearchKey>,
        criteria: Vec<Criterion>,
        results: Vec<(Found, Vec<Key>)>,
        view: &View,
    ) -> Self {
        Self {
            tag,
            numbering,
            keys: keys.into_iter().map(|key| frozen(key, view)).collect(),
            criteria,
            items: Vec::new(),
            results: Results::new(results),
            seen: view.known(),
            through: view.entries().last().map(Entry::uid),
        }
    }

    /// The same, with this told of new messages that join the results.
    pub(crate) fn with_items(self, items: Vec<FetchItem>) -> Self {
        Self { items, ..self }
    }

    /// Whether something may have changed for the message since it was looked at.
    fn is_news(&self, entry: &Entry) -> bool {
        entry.modseq() > self.seen || self.through.is_none_or(|uid| entry.uid() > uid)
    }

    /// Whether nothing at all has happened since everything was looked at.
    fn is_up_to_date(&self, view: &View) -> bool {
        view.known() == self.seen && view.entries().last().map(Entry::uid) == self.through && !view.has_gone()
    }

    /// Those of the messages with news that match now.
    async fn fitting(
        &self,
        view: &View,
        store: &Store,
        evaluation: Evaluation,
    ) -> Result<Vec<Found>, StoreError> {
        let compiled = Arc::new(compile(self.keys.clone(), Largest::of(view), evaluation.negation));
        let news = view.numbered().filter(|message| self.is_news(message.entry));
        Ok(matching(store, &compiled, view, news).await?.0)
    }

    /// ```abnf
    /// ret-data-removefrom = "REMOVEFROM" SP "(" context-position SP sequence-set
    ///                       *(SP context-position SP sequence-set) ")"
    /// ```
    async fn removals(
        &mut self,
        view: &View,
        store: &Store,
        evaluation: Evaluation,
    ) -> Result<Option<String>, StoreError> {
        if self.is_up_to_date(view) {
            return Ok(None);
        }
        let fitting = self.fitting(view, store, evaluation).await?;
        let fits = |uid: Uid| fitting.binary_search_by_key(&uid, |found| found.uid).is_ok();
        let mut leaving = BTreeMap::new();
        for (place, entry) in view.entries().iter().enumerate() {
            let leaves = entry.is_gone() || self.is_news(entry) && !fits(entry.uid());
            if leaves && self.results.has(entry.uid()) {
                let number = u32::try_from(place.saturating_add(1)).unwrap_or(u32::MAX);
                leaving.insert(entry.uid(), self.name(number, entry.uid()));
            }
        }
        let moves = self.results.remove(&leaving);
        Ok(self.update("REMOVEFROM", &moves))
    }

    /// ```abnf
    /// ret-data-addto = "ADDTO" SP "(" context-position SP sequence-set
    ///                  *(SP context-position SP sequence-set) ")"
    /// ```
    async fn additions(
        &mut self,
        view: &View,
        store: &Store,
        evaluation: Evaluation,
    ) -> Result<(Option<String>, Vec<Uid>), StoreError> {
        if self.is_up_to_date(view) {
            return Ok((None, Vec::new()));
        }
        let mut new = self.fitting(view, store, evaluation).await?;
        new.retain(|found| !self.results.has(found.uid));
        let keyed = match self.criteria.as_slice() {
            [] => new.into_iter().map(|found| (found, Vec::new())).collect(),
            criteria => with_keys(store, view.mailbox(), new, criteria, evaluation.sorted).await?,
        };
        let through = self.through;
        let uids = keyed.iter().map(|(found, _)| found.uid);
        let arrived = uids.filter(|found| through.is_none_or(|uid| *found > uid)).collect();
        let moves = self.results.add(keyed, &self.criteria, self.numbering);
        self.seen = view.known();
        self.through = view.entries().last().map(Entry::uid);
        Ok((self.update("ADDTO", &moves), arrived))
    }

    fn name(&self, number: u32, uid: Uid) -> u32 {
        match self.numbering {
            Numbering::Sequence => number,
            Numbering::Uid => uid.0,
        }
    }

    /// The line that tells these moves, each a place from 0 on and a message. In the order of the
    /// mailbox no place need be told (section 4.3.3).
    fn update(&self, item: &str, moves: &[(usize, u32)]) -> Option<String> {
        if moves.is_empty() {
            return None;
        }
        let list = match self.criteria.is_empty() {
            true => {
                format!("0 {}", compact_uid_set(&moves.iter().map(|&(_, name)| name).collect::<Vec<_>>()))
            }
            false => {
                let pairs = moves.iter().map(|(place, name)| format!("{} {name}", place.saturating_add(1)));
                pairs.collect::<Vec<_>>().join(" ")
            }
        };
        let uid = if self.numbering == Numbering::Uid { " UID" } else { "" };
        Some(format!("* ESEARCH (TAG \"{}\"){uid} {item} ({list})\r\n", self.tag))
    }
}

/// The outcome of a search in its order. A mailbox may have hundreds of thousands of messages, and all
/// of them may come or go at once: nothing here looks through all of them for each of them.
struct Results {
    order: Vec<Uid>,
    /// What each is sorted by; none where the order is that of the mailbox.
    keys: Vec<Vec<Key>>,
    /// The same UIDs, where they stand in another order.
    members: BTreeSet<Uid>,
}

impl Results {
    fn new(results: Vec<(Found, Vec<Key>)>) -> Self {
        let (found, mut keys): (Vec<Found>, Vec<Vec<Key>>) = results.into_iter().unzip();
        let order: Vec<Uid> = found.iter().map(|found| found.uid).collect();
        let mut members = BTreeSet::new();
        match keys.iter().all(Vec::is_empty) {
            true => keys = Vec::new(),
            false => members.extend(&order),
        }
        Self { order, keys, members }
    }

    fn has(&self, uid: Uid) -> bool {
        match self.keys.is_empty() {
            true => self.order.binary_search(&uid).is_ok(),
            false => self.members.contains(&uid),
        }
    }

    /// Takes messages out; gives the place that each had when those before it had gone, and its name.
    fn remove(&mut self, leaving: &BTreeMap<Uid, u32>) -> Vec<(usize, u32)> {
        if leaving.is_empty() {
            return Vec::new();
        }
        let mut moves = Vec::with_capacity(leaving.len());
        let mut kept: usize = 0;
        let stays: Vec<bool> = self.order.iter().map(|uid| !leaving.contains_key(uid)).collect();
        self.order.retain(|uid| match leaving.get(uid) {
            Some(name) => {
                moves.push((kept, *name));
                false
            }
            None => {
                kept = kept.saturating_add(1);
                true
            }
        });
        let mut stays = stays.into_iter();
        self.keys.retain(|_| stays.next().unwrap_or(false));
        self.members.retain(|uid| !leaving.contains_key(uid));
        moves
    }

    /// Puts messages in; gives the place of each behind those that were put before it, and its name.
    fn add(
        &mut self,
        mut new: Vec<(Found, Vec<Key>)>,
        criteria: &[Criterion],
        numbering: Numbering,
    ) -> Vec<(usize, u32)> {
        if new.is_empty() {
            return Vec::new();
        }
        let ordered = |(one, one_keys): (Uid, &[Key]), (other, other_keys): (Uid, &[Key])| {
            compare(criteria, one_keys, other_keys).then(one.cmp(&other))
        };
        new.sort_by(|(one, keys), (other, others)| ordered((one.uid, keys), (other.uid, others)));
        let keys = std::mem::take(&mut self.keys).into_iter().chain(std::iter::repeat_with(Vec::new));
        let mut known = std::mem::take(&mut self.order).into_iter().zip(keys).peekable();
        let mut moves = Vec::with_capacity(new.len());
        for (found, keys) in new {
            let before = |(uid, known): &(Uid, Vec<Key>)| ordered((*uid, known), (found.uid, &keys)).is_lt();
            while let Some((uid, keys)) = known.next_if(before) {
                self.push(uid, keys);
            }
            moves.push((self.order.len(), found.named(numbering)));
            if !keys.is_empty() {
                self.members.insert(found.uid);
            }
            self.push(found.uid, keys);
        }
        known.for_each(|(uid, keys)| self.push(uid, keys));
        moves
    }

    fn push(&mut self, uid: Uid, keys: Vec<Key>) {
        self.order.push(uid);
        if !keys.is_empty() {
            self.keys.push(keys);
        }
    }

    /// What they take of memory, more or less.
    fn octets(&self) -> usize {
        let keys = self.keys.iter().flatten().map(Key::octets);
        let each = if self.keys.is_empty() { 4 } else { 48 };
        keys.fold(self.order.len().saturating_mul(each), usize::saturating_add)
    }
}

/// The key with message numbers, and what was saved, as UIDs.
fn frozen(key: SearchKey, view: &View) -> SearchKey {
    let all = |keys: Vec<SearchKey>| keys.into_iter().map(|key| frozen(key, view)).collect();
    match key {
        SearchKey::Numbers(set) => uids(view, &set, Numbering::Sequence),
        SearchKey::Uids(SequenceSet::Saved) => uids(view, &SequenceSet::Saved, Numbering::Uid),
        SearchKey::Not(inner) => SearchKey::Not(Box::new(frozen(*inner, view))),
        SearchKey::Or(left, right) => {
            SearchKey::Or(Box::new(frozen(*left, view)), Box::new(frozen(*right, view)))
        }
        SearchKey::AllOf(keys) => SearchKey::AllOf(all(keys)),
        other => other,
    }
}

fn uids(view: &View, set: &SequenceSet, numbering: Numbering) -> SearchKey {
    SearchKey::Uids(SequenceSet::of(view.uid_ranges(set, numbering).unwrap_or_default()))
}

/// The searches of a session that are kept up to date.
#[derive(Default)]
pub(crate) struct Contexts {
    all: Vec<Context>,
}

/// What joined the results.
#[derive(Debug, Default)]
pub(crate) struct Joined {
    /// The lines that tell it.
    pub(crate) told: String,
    /// New messages among it of which the client wants to be told more, and what that is.
    pub(crate) items: BTreeMap<Uid, Vec<FetchItem>>,
}

impl Joined {
    /// Nothing is told twice of one message.
    fn want(&mut self, uid: Uid, items: &[FetchItem]) {
        if items.is_empty() {
            return;
        }
        let known = self.items.entry(uid).or_default();
        let more: Vec<_> = items.iter().filter(|item| !known.contains(item)).cloned().collect();
        known.extend(more);
    }
}

/// There are as many as are allowed, or they take as much memory.
#[derive(Debug)]
pub(crate) struct TooMany;

impl Contexts {
    /// Whether one has this tag.
    pub(crate) fn has(&self, tag: &str) -> bool {
        self.all.iter().any(|context| context.tag == tag)
    }

    /// Whether any of them wants to be told something of new messages.
    pub(crate) fn want_items(&self) -> bool {
        self.all.iter().any(|context| !context.items.is_empty())
    }

    /// One more.
    pub(crate) fn add(&mut self, context: Context) -> Result<(), TooMany> {
        let held = self.all.iter().map(|context| context.results.octets());
        let octets = held.fold(context.results.octets(), usize::saturating_add);
        if self.all.len() >= LIMIT || octets > ROOM {
            return Err(TooMany);
        }
        self.all.push(context);
        Ok(())
    }

    /// One less.
    pub(crate) fn cancel(&mut self, tag: &str) {
        self.all.retain(|context| context.tag != tag);
    }

    /// None any more: the mailbox is not selected any longer.
    pub(crate) fn clear(&mut self) {
        self.all.clear();
    }

    /// What left the results, to be told before the news of the mailbox: the numbers in it are
    /// those from before (section 4.3.4).
    pub(crate) async fn removals(
        &mut self,
        view: &View,
        store: &Store,
        evaluation: Evaluation,
    ) -> Result<String, StoreError> {
        let mut out = String::new();
        for context in &mut self.all {
            out.extend(context.removals(view, store, evaluation).await?);
        }
        Ok(out)
    }

    /// What joined the results, to be told behind the news of the mailbox (section 4.3.3).
    pub(crate) async fn additions(
        &mut self,
        view: &View,
        store: &Store,
        evaluation: Evaluation,
    ) -> Result<Joined, StoreError> {
        let mut joined = Joined::default();
        for context in &mut self.all {
            let (told, arrived) = context.additions(view, store, evaluation).await?;
            joined.told.extend(told);
            for uid in arrived {
                joined.want(uid, &context.items);
            }
        }
        Ok(joined)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::imap::order::{Direction, SortKey};

    const BY_SIZE: [Criterion; 1] = [Criterion { key: SortKey::Size, direction: Direction::Ascending }];

    fn found(uid: u32) -> Found {
        Found { number: uid, uid: Uid(uid), modseq: ModSeq(1) }
    }

    /// Each message has one size for good.
    fn keyed(uid: u32) -> (Found, Vec<Key>) {
        (found(uid), vec![Key::Size(u64::from(uid * 7 % 11))])
    }

    fn in_order(uids: &BTreeSet<u32>) -> Vec<Uid> {
        let mut all: Vec<_> = uids.iter().map(|uid| keyed(*uid)).collect();
        all.sort_by(|(one, keys), (other, others)| {
            compare(&BY_SIZE, keys, others).then(one.uid.cmp(&other.uid))
        });
        all.into_iter().map(|(found, _)| found.uid).collect()
    }

    proptest! {
        /// A client that follows the places has the same list.
        #[test]
        fn places_lead_from_one_order_to_the_next(
            steps in proptest::collection::vec(proptest::collection::btree_set(1u32..40, 0..12), 1..6),
        ) {
            let mut uids = BTreeSet::new();
            let mut results = Results::new(Vec::new());
            let mut client: Vec<u32> = Vec::new();
            for (number, step) in steps.into_iter().enumerate() {
                if number % 2 == 0 {
                    let new: Vec<u32> = step.iter().copied().filter(|uid| !results.has(Uid(*uid))).collect();
                    let moves = results.add(new.iter().map(|uid| keyed(*uid)).collect(), &BY_SIZE, Numbering::Uid);
                    moves.iter().for_each(|(place, name)| client.insert(*place, *name));
                    uids.extend(step);
                } else {
                    let leaving = step.iter().filter(|uid| results.has(Uid(**uid))).map(|uid| (Uid(*uid), *uid));
                    let moves = results.remove(&leaving.collect());
                    for (place, name) in moves {
                        prop_assert_eq!(client.remove(place), name);
                    }
                    uids.retain(|uid| !step.contains(uid));
                }
                let expected = in_order(&uids);
                prop_assert_eq!(&results.order, &expected);
                prop_assert_eq!(results.keys.len(), expected.len());
                prop_assert_eq!(client.iter().map(|uid| Uid(*uid)).collect::<Vec<_>>(), expected);
                prop_assert_eq!(results.members.len(), uids.len());
            }
        }
    }

    #[test]
    fn in_the_order_of_the_mailbox_no_more_is_held_than_the_uids() {
        let mut results = Results::new((1..=5).map(|uid| (found(uid), Vec::new())).collect());
        assert_eq!(results.remove(&BTreeMap::from([(Uid(2), 2), (Uid(4), 4)])), [(1, 2), (2, 4)]);
        assert_eq!(results.add(vec![(found(9), Vec::new())], &[], Numbering::Uid), [(3, 9)]);
        assert!(results.has(Uid(9)) && !results.has(Uid(4)));
        assert!(results.keys.is_empty() && results.members.is_empty());
        assert_eq!(results.octets(), 16);
    }

    /// Looking through all of them for each of them would take minutes.
    #[test]
    fn very_many_may_come_and_go_at_once() {
        const ALL: u32 = 200_000;
        let begun = std::time::Instant::now();
        for by_size in [true, false] {
            let criteria = if by_size { &BY_SIZE[..] } else { &[] };
            let keyed = |uid| if by_size { keyed(uid) } else { (found(uid), Vec::new()) };
            let mut results = Results::new(Vec::new());
            for half in [1..=ALL / 2, ALL / 2 + 1..=ALL] {
                results.add(half.map(keyed).collect(), criteria, Numbering::Uid);
            }
            let leaving =
                (1..=ALL).step_by(2).filter(|uid| results.has(Uid(*uid))).map(|uid| (Uid(uid), uid));
            assert_eq!(results.remove(&leaving.collect()).len(), 100_000);
            assert_eq!(results.order.len(), 100_000);
        }
        assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
    }

    #[test]
    fn what_contexts_hold_together_is_bounded() {
        let context = |tag: &str, size: usize| Context {
            tag: tag.to_owned(),
            numbering: Numbering::Uid,
            keys: Vec::new(),
            criteria: BY_SIZE.to_vec(),
            items: Vec::new(),
            results: Results::new(vec![(
                found(1),
                vec![Key::Text(crate::message::collation::Collated::Octets(vec![b'x'; size]))],
            )]),
            seen: ModSeq(1),
            through: None,
        };
        let mut contexts = Contexts::default();
        assert!(contexts.add(context("a", ROOM / 2)).is_ok());
        assert!(contexts.add(context("b", ROOM / 2)).is_err());
        assert!(contexts.add(context("c", 10)).is_ok());
        assert!(contexts.has("a") && !contexts.has("b") && contexts.has("c"));
    }
}
