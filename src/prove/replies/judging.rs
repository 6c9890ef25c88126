//! Judging expectations: what of a script can make a finding, each with its place.

use std::fmt;

use crate::requirement::RequirementId;
use crate::run::Planned;
use crate::script::model::{Action, Expectation, HopAction, Law, Pattern, Step, Suite};
use crate::script::pattern::{Cardinality, ImapExpectation};
use crate::source::Span;

/// Where a judging expectation is written. A table's rows and the uses of a block share it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site {
    /// The script.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// Its column, from 1.
    pub column: usize,
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// What kind of expectation it is, which says what it would miss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A whole reply of SMTP or POP3, a tagged answer of IMAP, a continuation request.
    Reply,
    /// An untagged response.
    Untagged,
    /// An untagged response that must not come.
    Forbidden,
    /// An authentication.
    Sasl,
    /// A comparison of values.
    Check,
    /// The end of the connection.
    Closed,
    /// Silence.
    Silence,
    /// A mailbox that holds something.
    Mailbox,
    /// A mailbox that does not hold something.
    NoMail,
    /// What the target says as a client.
    Client,
    /// That the target comes as a client, or brings a message.
    Coming,
}

/// A judging expectation of a case.
#[derive(Debug, Clone)]
pub struct Judging {
    /// Where it is written.
    pub site: Site,
    /// What it judges.
    pub requirements: Vec<RequirementId>,
    /// What it is.
    pub kind: Kind,
    /// Where it stands, as the runner tells it.
    pub(super) span: Span,
    /// Whether it is asked again and again until it holds.
    pub(super) polled: bool,
    /// Where the `any-of` begins in which it stands: of several courses one alone is told of.
    pub(super) any_of: Option<Span>,
    /// Its text, where it has one.
    pub(super) text: String,
}

impl Judging {
    /// Whether a finding at the other's place speaks for this one: where they stand in one `any-of`, of
    /// which one course is told of, or are one line written twice, of which the last speaks.
    pub(super) fn speaks_through(&self, other: &Self) -> bool {
        let near = self.site.line.abs_diff(other.site.line) <= NEAR;
        let twins = !self.text.is_empty() && self.text == other.text && near;
        self.site.file == other.site.file
            && (self.any_of.is_some() && self.any_of == other.any_of || twins)
            && self.requirements.iter().any(|one| other.requirements.contains(one))
    }
}

/// How many lines apart one line stands that is written several times in one exchange.
const NEAR: usize = 6;

/// Every judging expectation of a case, in order.
pub(super) fn of_case(planned: &Planned) -> Vec<Judging> {
    let mut found = Vec::new();
    if let Some(case) = planned.case() {
        let mut collect =
            Collect { suite: &planned.suite, polled: false, any_of: None, text: "", found: &mut found };
        case.steps.iter().for_each(|step| collect.step(step));
    }
    found
}

struct Collect<'a> {
    suite: &'a Suite,
    polled: bool,
    any_of: Option<Span>,
    text: &'a str,
    found: &'a mut Vec<Judging>,
}

impl<'a> Collect<'a> {
    fn add(&mut self, law: Option<&Law>, span: Span, kind: Kind) {
        let Some(law) = law else { return };
        let (source, at) = self.suite.source.resolve(span);
        let location = source.location(at.start);
        let file = source.path().to_string_lossy().into_owned();
        let site = Site { file, line: location.line, column: location.column };
        self.found.push(Judging {
            site,
            requirements: law.ids.clone(),
            kind,
            span,
            polled: self.polled,
            any_of: self.any_of,
            text: self.text.to_owned(),
        });
    }

    fn step(&mut self, step: &'a Step) {
        match &step.action {
            Action::Talk(talk) => {
                for expectation in talk.exchanges.iter().flat_map(|exchange| &exchange.expectations) {
                    self.text = &expectation.text;
                    self.add(expectation.law.as_ref(), expectation.span, kind_of(expectation));
                }
                self.text = "";
            }
            Action::Sasl(sasl) => self.add(sasl.law.as_ref(), step.span, Kind::Sasl),
            Action::Check(check) => self.add(check.law.as_ref(), check.span, Kind::Check),
            Action::Closed(law) => self.add(law.as_ref(), step.span, Kind::Closed),
            Action::Silence { law, .. } => self.add(law.as_ref(), step.span, Kind::Silence),
            Action::EventuallyMailbox(wait) => {
                let kind = if wait.count == Some(0) { Kind::NoMail } else { Kind::Mailbox };
                self.add(wait.law.as_ref(), step.span, kind);
            }
            Action::Hop(hop) => self.hop(step, hop),
            action => {
                let (polled, any_of) = (self.polled, self.any_of);
                self.polled |= matches!(action, Action::EventuallySteps(_));
                if matches!(action, Action::AnyOf(_)) {
                    self.any_of = any_of.or(Some(step.span));
                }
                for steps in action.inner() {
                    steps.iter().for_each(|step| self.step(step));
                }
                (self.polled, self.any_of) = (polled, any_of);
            }
        }
    }

    fn hop(&mut self, step: &Step, hop: &HopAction) {
        match hop {
            HopAction::Talk(talk) => {
                for line in talk.turns.iter().flat_map(|turn| &turn.heard) {
                    self.add(line.law.as_ref(), line.span, Kind::Client);
                }
            }
            HopAction::Receive(receive) => self.add(receive.law.as_ref(), step.span, Kind::Coming),
            HopAction::Arrival(arrival) => self.add(arrival.law.as_ref(), step.span, Kind::Coming),
            HopAction::Accept { law, .. } => self.add(law.as_ref(), step.span, Kind::Coming),
            _ => {}
        }
    }
}

fn kind_of(expectation: &Expectation) -> Kind {
    match &expectation.pattern {
        Pattern::Imap(ImapExpectation::Untagged { cardinality: Cardinality::Forbidden, .. }) => {
            Kind::Forbidden
        }
        Pattern::Imap(ImapExpectation::Untagged { .. }) => Kind::Untagged,
        Pattern::Imap(_) | Pattern::Smtp(_) | Pattern::Pop3(_) => Kind::Reply,
    }
}
