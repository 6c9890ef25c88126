//! Search keys, made ready for a view and put to one message after the other.
//!
//! A criterion that only needs flags, numbers, dates or sizes is decided without the message's
//! octets; "not known without them" is an answer of its own, so that they are loaded only for the
//! messages on which it hangs.

use time::{Date, Duration, OffsetDateTime};

use super::Content;
use crate::imap::response::{email_id, thread_id};
use crate::imap::syntax::{DateRelation, FlagName, SearchKey, SequenceSet, within};
use crate::imap::view::{Numbered, View};
use crate::message::collation::Needle;
use crate::store::{Flags, Message, ModSeq, SystemFlag, Uid};

/// How NOT turns an answer around; the seam at which a deviation can get it wrong.
pub(crate) type Negation = fn(bool) -> bool;

/// Search keys, made ready.
pub(crate) struct Compiled {
    all_of: Vec<Criterion>,
    negation: Negation,
    asked: Asked,
}

/// What is looked for in contents; criteria name it by its place.
#[derive(Default)]
pub(crate) struct Asked {
    /// In bodies, and in all of the header.
    pub(crate) needles: Vec<Needle>,
    /// In header fields of a name.
    pub(crate) fields: Vec<(String, Needle)>,
}

enum Criterion {
    All,
    Has(FlagName),
    Lacks(FlagName),
    Recent,
    Old,
    New,
    /// One of the fields.
    Field(usize),
    /// One of the needles in the body.
    Body(usize),
    /// One of them in the header or the body.
    Text(usize),
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
#[derive(Clone, Copy)]
pub(crate) struct Candidate<'a> {
    /// Its sequence number.
    pub(crate) number: u32,
    /// Its UID.
    pub(crate) uid: Uid,
    /// The sequence of its last change.
    pub(crate) modseq: ModSeq,
    /// Whether it is recent to the session.
    pub(crate) recent: bool,
    /// Its flags, without `\Recent`.
    pub(crate) flags: &'a Flags,
    /// What else there is of it, once read.
    pub(crate) message: Option<&'a Message>,
    /// Its content, once read.
    pub(crate) content: Option<&'a Content<'a>>,
}

impl<'a> Candidate<'a> {
    /// One of which no more is known than the session knows.
    pub(crate) fn of(message: Numbered<'a>) -> Self {
        let Numbered { number, entry, flags } = message;
        Self {
            number,
            uid: entry.uid(),
            modseq: entry.modseq(),
            recent: entry.is_recent(),
            flags,
            message: None,
            content: None,
        }
    }
}

/// How much of a message's content is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Needs {
    /// Its header.
    Header,
    /// All of it.
    Body,
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
    let mut asked = Asked::default();
    let all_of = each(keys, &largest, &mut asked);
    Compiled { all_of, negation, asked }
}

impl Asked {
    fn in_body(&mut self, text: &[u8]) -> usize {
        self.needles.push(Needle::new(text));
        self.needles.len().saturating_sub(1)
    }

    fn in_field(&mut self, name: String, text: &[u8]) -> usize {
        self.fields.push((name, Needle::new(text)));
        self.fields.len().saturating_sub(1)
    }
}

fn each(keys: Vec<SearchKey>, largest: &Largest, asked: &mut Asked) -> Vec<Criterion> {
    keys.into_iter().map(|key| criterion(key, largest, asked)).collect()
}

fn criterion(key: SearchKey, largest: &Largest, asked: &mut Asked) -> Criterion {
    match key {
        SearchKey::All => Criterion::All,
        SearchKey::Has(flag) => Criterion::Has(flag),
        SearchKey::Lacks(flag) => Criterion::Lacks(flag),
        SearchKey::Recent => Criterion::Recent,
        SearchKey::Old => Criterion::Old,
        SearchKey::New => Criterion::New,
        SearchKey::Envelope { field, text } => Criterion::Field(asked.in_field(field.to_owned(), &text)),
        SearchKey::Header { field, text } => {
            Criterion::Field(asked.in_field(String::from_utf8_lossy(&field).into_owned(), &text))
        }
        SearchKey::Body(text) => Criterion::Body(asked.in_body(&text)),
        SearchKey::Text(text) => Criterion::Text(asked.in_body(&text)),
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
        SearchKey::Not(key) => Criterion::Not(Box::new(criterion(*key, largest, asked))),
        SearchKey::Or(left, right) => {
            let left = criterion(*left, largest, asked);
            Criterion::Or(Box::new(left), Box::new(criterion(*right, largest, asked)))
        }
        SearchKey::AllOf(keys) => Criterion::AllOf(each(keys, largest, asked)),
    }
}

/// To the second, as internal dates are (RFC 5032, section 2).
fn ago(seconds: u32) -> OffsetDateTime {
    let now = OffsetDateTime::now_utc().replace_nanosecond(0).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    now.checked_sub(Duration::seconds(seconds.into())).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

impl Compiled {
    /// Whether the message matches; `None` where that depends on its content and it has none.
    pub(crate) fn matches(&self, candidate: &Candidate<'_>) -> Option<bool> {
        self.all(&self.all_of, candidate)
    }

    /// What of the content the answer can hang on.
    pub(crate) fn needs(&self) -> Needs {
        self.all_of.iter().map(Criterion::needs).max().unwrap_or(Needs::Header)
    }

    /// What is looked for in contents.
    pub(crate) fn asked(&self) -> &Asked {
        &self.asked
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
            Criterion::Field(_) | Criterion::Body(_) | Criterion::Text(_) | Criterion::Sent(..) => {
                Some(by_content(criterion, candidate.content?))
            }
            Criterion::Internal(..)
            | Criterion::Saved(..)
            | Criterion::EmailId(_)
            | Criterion::ThreadId(_)
            | Criterion::Until(_)
            | Criterion::From(_)
            | Criterion::Larger(_)
            | Criterion::Smaller(_) => Some(by_attributes(criterion, candidate.message?)),
            _ => Some(by_what_is_known(criterion, candidate)),
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
    fn needs(&self) -> Needs {
        match self {
            Self::Body(_) | Self::Text(_) => Needs::Body,
            Self::Not(inner) => inner.needs(),
            Self::Or(left, right) => left.needs().max(right.needs()),
            Self::AllOf(all) => all.iter().map(Self::needs).max().unwrap_or(Needs::Header),
            _ => Needs::Header,
        }
    }
}

fn by_content(criterion: &Criterion, content: &Content<'_>) -> bool {
    match criterion {
        Criterion::Field(field) => content.field_holds(*field),
        Criterion::Body(needle) => content.body_holds(*needle),
        Criterion::Text(needle) => content.header_holds(*needle) || content.body_holds(*needle),
        Criterion::Sent(relation, date) => content.sent().is_some_and(|sent| related(sent, *relation, *date)),
        _ => false,
    }
}

fn by_what_is_known(criterion: &Criterion, candidate: &Candidate<'_>) -> bool {
    match criterion {
        Criterion::All => true,
        Criterion::Has(flag) => flag.is_in(candidate.flags),
        Criterion::Lacks(flag) => !flag.is_in(candidate.flags),
        Criterion::Recent => candidate.recent,
        Criterion::Old => !candidate.recent,
        Criterion::New => candidate.recent && !candidate.flags.has(SystemFlag::Seen),
        Criterion::ModSeq(from) => candidate.modseq.0 >= *from,
        Criterion::Numbers(ranges) => within(ranges, candidate.number),
        Criterion::Uids(ranges) => within(ranges, candidate.uid.0),
        _ => false,
    }
}

fn by_attributes(criterion: &Criterion, message: &Message) -> bool {
    match criterion {
        Criterion::Internal(relation, date) => related(message.internal_date.date(), *relation, *date),
        Criterion::Saved(relation, date) => related(message.saved.date(), *relation, *date),
        Criterion::EmailId(id) => email_id(message.body.0) == *id,
        Criterion::ThreadId(id) => message.thread.is_some_and(|thread| thread_id(thread) == *id),
        Criterion::Until(date) => message.internal_date <= *date,
        Criterion::From(date) => message.internal_date >= *date,
        Criterion::Larger(octets) => message.octets.0 > *octets,
        Criterion::Smaller(octets) => message.octets.0 < *octets,
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
