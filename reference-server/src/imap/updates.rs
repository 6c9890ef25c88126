//! Searches whose outcome a client wants to be kept up to date (RFC 5267, section 4.3): what left
//! the results is told before the numbers of messages change, what joined them after.

use std::sync::Arc;

use crate::imap::order::{Criterion, Facts, Key, compare};
use crate::imap::search::{Found, Largest, Negation, compile, matching, with_keys};
use crate::imap::syntax::{FetchItem, SearchKey, SequenceSet, compact_uid_set};
use crate::imap::view::{Entry, Numbering, View};
use crate::store::{ModSeq, Store, StoreError, Uid};

/// The most searches that one session may have kept up to date.
const LIMIT: usize = 16;

/// How searches are evaluated; each is a seam.
#[derive(Clone, Copy)]
pub(crate) struct Evaluation {
    /// What NOT makes of an answer.
    pub(crate) negation: Negation,
    /// Which date is the sent date.
    pub(crate) sent: fn(&Facts<'_>) -> time::OffsetDateTime,
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
    /// The outcome in its order, each message with what it is sorted by.
    results: Vec<(Uid, Vec<Key>)>,
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
            results: results.into_iter().map(|(found, keys)| (found.uid, keys)).collect(),
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

    fn has(&self, uid: Uid) -> bool {
        self.results.iter().any(|(known, _)| *known == uid)
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
        let fitting = self.fitting(view, store, evaluation).await?;
        let stays = |entry: &Entry| {
            !entry.is_gone() && (!self.is_news(entry) || fitting.iter().any(|found| found.uid == entry.uid()))
        };
        let mut gone = Vec::new();
        for (place, entry) in view.entries().iter().enumerate() {
            if self.has(entry.uid()) && !stays(entry) {
                let number = u32::try_from(place.saturating_add(1)).unwrap_or(u32::MAX);
                gone.push((entry.uid(), self.name(number, entry.uid())));
            }
        }
        let mut moves = Vec::new();
        for (uid, name) in gone {
            if let Some(place) = self.results.iter().position(|(known, _)| *known == uid) {
                self.results.remove(place);
                moves.push((place, name));
            }
        }
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
        let mut new = self.fitting(view, store, evaluation).await?;
        new.retain(|found| !self.has(found.uid));
        let keyed = match self.criteria.as_slice() {
            [] => new.into_iter().map(|found| (found, Vec::new())).collect(),
            criteria => with_keys(store, view.mailbox(), new, criteria, evaluation.sent).await?,
        };
        let (mut moves, mut arrived) = (Vec::new(), Vec::new());
        for (found, keys) in keyed {
            if self.through.is_none_or(|uid| found.uid > uid) {
                arrived.push(found.uid);
            }
            let before = |(uid, known): &(Uid, Vec<Key>)| {
                compare(&self.criteria, known, &keys).then(uid.cmp(&found.uid)).is_lt()
            };
            let place = self.results.partition_point(before);
            self.results.insert(place, (found.uid, keys));
            moves.push((place, found.named(self.numbering)));
        }
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
    let places = view.select(set, numbering).unwrap_or_default();
    SearchKey::Uids(SequenceSet::of(view.uids(&places).into_iter().map(|uid| uid.0)))
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
    pub(crate) items: Vec<(Uid, Vec<FetchItem>)>,
}

impl Joined {
    /// Nothing is told twice of one message.
    fn want(&mut self, uid: Uid, items: &[FetchItem]) {
        if items.is_empty() {
            return;
        }
        match self.items.iter_mut().find(|(known, _)| *known == uid) {
            Some((_, known)) => {
                let more: Vec<_> = items.iter().filter(|item| !known.contains(item)).cloned().collect();
                known.extend(more);
            }
            None => self.items.push((uid, items.to_vec())),
        }
    }
}

/// There are as many as are allowed.
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
        if self.all.len() >= LIMIT {
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
