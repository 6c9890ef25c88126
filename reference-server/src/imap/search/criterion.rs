//! Search keys, made ready for a view and put to one message after the other.
//!
//! A criterion that only needs flags, numbers, dates or sizes is decided without the message's
//! octets; "not known without them" is an answer of its own, so that they are loaded only for the
//! messages on which it hangs.

use time::{Date, Duration, OffsetDateTime};

use super::Content;
use crate::imap::response::{email_id, thread_id};
use crate::imap::syntax::{DateRelation, FlagName, SearchKey, SequenceSet, within};
use crate::imap::view::{Entry, View};
use crate::message::collation::casemap;
use crate::store::SystemFlag;

/// How NOT turns an answer around; the seam at which a deviation can get it wrong.
pub(crate) type Negation = fn(bool) -> bool;

/// Search keys, made ready.
pub(crate) struct Compiled {
    all_of: Vec<Criterion>,
    negation: Negation,
}

enum Criterion {
    All,
    Has(FlagName),
    Lacks(FlagName),
    Recent,
    Old,
    New,
    Field { name: String, needle: String },
    Body(String),
    Text(String),
    Internal(DateRelation, Date),
    Sent(DateRelation, Date),
    Saved(DateRelation, Date),
    EmailId(String),
    ThreadId(String),
    Until(OffsetDateTime),
    From(OffsetDateTime),
    Larger(u64),
    Smaller(u64),
    ModSeq(u64),
    Numbers(Vec<(u32, u32)>),
    Uids(Vec<(u32, u32)>),
    Not(Box<Criterion>),
    Or(Box<Criterion>, Box<Criterion>),
    AllOf(Vec<Criterion>),
}

/// One message that is asked about.
pub(crate) struct Candidate<'a> {
    /// Its sequence number.
    pub(crate) number: u32,
    /// What the session knows of it.
    pub(crate) entry: &'a Entry,
    /// Its content, once loaded.
    pub(crate) content: Option<&'a Content>,
}

/// What the signs in sets stand for: `*` for the largest numbers in use, `$` for what was saved.
#[derive(Debug, Clone)]
pub(crate) struct Largest {
    /// The number of messages.
    pub(crate) number: u32,
    /// The UID of the last message, or UIDNEXT in an empty mailbox.
    pub(crate) uid: u32,
    /// What `$` stands for: ascending ranges of UIDs.
    pub(crate) saved: Vec<(u32, u32)>,
}

impl Largest {
    /// What they stand for in this view.
    pub(crate) fn of(view: &View) -> Self {
        Self {
            number: u32::try_from(view.count()).unwrap_or(u32::MAX),
            uid: view.largest_uid().0,
            saved: view.saved_ranges(),
        }
    }
}

/// Makes keys ready: sets resolved, texts folded.
pub(crate) fn compile(keys: Vec<SearchKey>, largest: Largest, negation: Negation) -> Compiled {
    Compiled { all_of: each(keys, &largest), negation }
}

fn each(keys: Vec<SearchKey>, largest: &Largest) -> Vec<Criterion> {
    keys.into_iter().map(|key| criterion(key, largest)).collect()
}

fn criterion(key: SearchKey, largest: &Largest) -> Criterion {
    match key {
        SearchKey::All => Criterion::All,
        SearchKey::Has(flag) => Criterion::Has(flag),
        SearchKey::Lacks(flag) => Criterion::Lacks(flag),
        SearchKey::Recent => Criterion::Recent,
        SearchKey::Old => Criterion::Old,
        SearchKey::New => Criterion::New,
        SearchKey::Envelope { field, text } => {
            Criterion::Field { name: field.to_owned(), needle: needle(&text) }
        }
        SearchKey::Header { field, text } => {
            Criterion::Field { name: String::from_utf8_lossy(&field).into_owned(), needle: needle(&text) }
        }
        SearchKey::Body(text) => Criterion::Body(needle(&text)),
        SearchKey::Text(text) => Criterion::Text(needle(&text)),
        SearchKey::Internal(relation, date) => Criterion::Internal(relation, date),
        SearchKey::Sent(relation, date) => Criterion::Sent(relation, date),
        SearchKey::Saved(relation, date) => Criterion::Saved(relation, date),
        SearchKey::EmailId(id) => Criterion::EmailId(id),
        SearchKey::ThreadId(id) => Criterion::ThreadId(id),
        SearchKey::Older(seconds) => Criterion::Until(ago(seconds)),
        SearchKey::Younger(seconds) => Criterion::From(ago(seconds)),
        SearchKey::Larger(octets) => Criterion::Larger(octets),
        SearchKey::Smaller(octets) => Criterion::Smaller(octets),
        SearchKey::ModSeq(from) => Criterion::ModSeq(from),
        SearchKey::Numbers(SequenceSet::Saved) | SearchKey::Uids(SequenceSet::Saved) => {
            Criterion::Uids(largest.saved.clone())
        }
        SearchKey::Numbers(set) => Criterion::Numbers(set.resolve(largest.number)),
        SearchKey::Uids(set) => Criterion::Uids(set.resolve(largest.uid)),
        SearchKey::Not(key) => Criterion::Not(Box::new(criterion(*key, largest))),
        SearchKey::Or(left, right) => {
            Criterion::Or(Box::new(criterion(*left, largest)), Box::new(criterion(*right, largest)))
        }
        SearchKey::AllOf(keys) => Criterion::AllOf(each(keys, largest)),
    }
}

/// To the second, as internal dates are (RFC 5032, section 2).
fn ago(seconds: u32) -> OffsetDateTime {
    let now = OffsetDateTime::now_utc().replace_nanosecond(0).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    now.checked_sub(Duration::seconds(seconds.into())).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn needle(text: &[u8]) -> String {
    casemap(&String::from_utf8_lossy(text))
}

impl Compiled {
    /// Whether the message matches; `None` where that depends on its content and it has none.
    pub(crate) fn matches(&self, candidate: &Candidate<'_>) -> Option<bool> {
        self.all(&self.all_of, candidate)
    }

    /// What is looked for in bodies.
    pub(crate) fn body_needles(&self) -> Vec<&str> {
        let mut needles = Vec::new();
        self.all_of.iter().for_each(|criterion| criterion.add_body_needles(&mut needles));
        needles
    }

    /// False if any is false; else unknown if any is unknown; else true.
    fn all(&self, criteria: &[Criterion], candidate: &Candidate<'_>) -> Option<bool> {
        let mut known = Some(true);
        for criterion in criteria {
            match self.decide(criterion, candidate) {
                Some(false) => return Some(false),
                Some(true) => {}
                None => known = None,
            }
        }
        known
    }

    fn decide(&self, criterion: &Criterion, candidate: &Candidate<'_>) -> Option<bool> {
        match criterion {
            Criterion::Not(inner) => self.decide(inner, candidate).map(self.negation),
            Criterion::Or(left, right) => self.either(left, right, candidate),
            Criterion::AllOf(criteria) => self.all(criteria, candidate),
            Criterion::Field { .. } | Criterion::Body(_) | Criterion::Text(_) | Criterion::Sent(..) => {
                Some(by_content(criterion, candidate.content?))
            }
            _ => Some(by_attributes(criterion, candidate)),
        }
    }

    fn either(&self, left: &Criterion, right: &Criterion, candidate: &Candidate<'_>) -> Option<bool> {
        match (self.decide(left, candidate), self.decide(right, candidate)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        }
    }
}

impl Criterion {
    fn add_body_needles<'c>(&'c self, needles: &mut Vec<&'c str>) {
        match self {
            Self::Body(needle) | Self::Text(needle) => needles.push(needle),
            Self::Not(inner) => inner.add_body_needles(needles),
            Self::Or(left, right) => {
                left.add_body_needles(needles);
                right.add_body_needles(needles);
            }
            Self::AllOf(all) => all.iter().for_each(|criterion| criterion.add_body_needles(needles)),
            _ => {}
        }
    }
}

fn by_content(criterion: &Criterion, content: &Content) -> bool {
    match criterion {
        Criterion::Field { name, needle } => content.field_holds(name, needle),
        Criterion::Body(needle) => content.body_holds(needle),
        Criterion::Text(needle) => content.header_holds(needle) || content.body_holds(needle),
        Criterion::Sent(relation, date) => content.sent().is_some_and(|sent| related(sent, *relation, *date)),
        _ => false,
    }
}

fn by_attributes(criterion: &Criterion, candidate: &Candidate<'_>) -> bool {
    let (entry, message) = (candidate.entry, &candidate.entry.message);
    match criterion {
        Criterion::All => true,
        Criterion::Has(flag) => flag.is_in(&message.flags),
        Criterion::Lacks(flag) => !flag.is_in(&message.flags),
        Criterion::Recent => entry.recent,
        Criterion::Old => !entry.recent,
        Criterion::New => entry.recent && !message.flags.has(SystemFlag::Seen),
        Criterion::Internal(relation, date) => related(message.internal_date.date(), *relation, *date),
        Criterion::Saved(relation, date) => related(message.saved.date(), *relation, *date),
        Criterion::EmailId(id) => email_id(message.body.0) == *id,
        Criterion::ThreadId(id) => message.thread.is_some_and(|thread| thread_id(thread) == *id),
        Criterion::Until(date) => message.internal_date <= *date,
        Criterion::From(date) => message.internal_date >= *date,
        Criterion::Larger(octets) => message.octets.0 > *octets,
        Criterion::Smaller(octets) => message.octets.0 < *octets,
        Criterion::ModSeq(from) => message.modseq.0 >= *from,
        Criterion::Numbers(ranges) => within(ranges, candidate.number),
        Criterion::Uids(ranges) => within(ranges, message.uid.0),
        _ => false,
    }
}

fn related(date: Date, relation: DateRelation, given: Date) -> bool {
    match relation {
        DateRelation::Before => date < given,
        DateRelation::On => date == given,
        DateRelation::Since => date >= given,
    }
}
