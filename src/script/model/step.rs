//! Steps: actions, expectations, and steps that hold steps.

use std::time::Duration;

use super::check::{Check, EventuallyMailbox};
use super::connection::{Compress, Data, Open, Send, StartTls, TlsWish};
use super::given::Binding;
use super::hop::HopAction;
use super::sasl::Sasl;
use super::suite::Need;
use super::talk::{Law, Talk};
use crate::script::template::Template;
use crate::source::Span;

/// One action or expectation.
#[derive(Debug, Clone)]
pub struct Step {
    /// The connection it is about; `main` unless named.
    pub on: String,
    /// Time limit of each wait in it.
    pub within: Duration,
    /// All of these must hold, or the step is passed over.
    pub conditions: Vec<Condition>,
    /// What is done.
    pub action: Action,
    /// Where it stands.
    pub span: Span,
}

impl Step {
    /// Every law that it and the steps in it cite, in order.
    #[must_use]
    pub fn laws(&self) -> Vec<&Law> {
        let mut laws = Vec::new();
        self.collect_laws(&mut laws);
        laws
    }

    fn collect_laws<'a>(&'a self, laws: &mut Vec<&'a Law>) {
        match &self.action {
            Action::Talk(talk) => laws.extend(talk.exchanges.iter().flat_map(|exchange| {
                exchange.expectations.iter().filter_map(|expectation| expectation.law.as_ref())
            })),
            Action::Sasl(sasl) => laws.extend(sasl.law.as_ref()),
            Action::Closed(law) => laws.extend(law.as_ref()),
            Action::Silence { law, .. } => laws.extend(law.as_ref()),
            Action::Check(check) => laws.extend(check.law.as_ref()),
            Action::EventuallyMailbox(wait) => laws.extend(wait.law.as_ref()),
            Action::Hop(hop) => laws.extend(hop.laws()),
            Action::Connect(_)
            | Action::Greet(_)
            | Action::Login(_)
            | Action::Data(_)
            | Action::Send(_)
            | Action::StartTls(..)
            | Action::Compress(_)
            | Action::HalfClose
            | Action::Drop
            | Action::Reset
            | Action::Pause(_)
            | Action::Let(_)
            | Action::Restart
            | Action::Kill
            | Action::EventuallySteps(_)
            | Action::Steps(_)
            | Action::Use { .. }
            | Action::Repeat { .. }
            | Action::For { .. }
            | Action::Together(_)
            | Action::AnyOf(_) => {}
        }
        for step in self.action.inner().into_iter().flatten() {
            step.collect_laws(laws);
        }
    }

    pub(super) fn ends_target(&self) -> bool {
        matches!(self.action, Action::Restart | Action::Kill)
            || self.action.inner().into_iter().flatten().any(Self::ends_target)
    }

    pub(super) fn waits(&self) -> Duration {
        let sum = |steps: &[Self]| steps.iter().map(Self::waits).sum::<Duration>();
        let times = |count: usize, steps| sum(steps).saturating_mul(u32::try_from(count).unwrap_or(u32::MAX));
        match &self.action {
            Action::Pause(time) | Action::Silence { time, .. } => *time,
            Action::Repeat { times: count, steps, .. } => times(*count, steps),
            Action::For { values, steps, .. } => times(values.len(), steps),
            // At once, or one of them.
            action => action.inner().into_iter().map(sum).max().unwrap_or_default(),
        }
    }

    /// Calls `visit` with the step and every step inside it.
    pub fn walk(&self, visit: &mut impl FnMut(&Self)) {
        visit(self);
        for step in self.action.inner().into_iter().flatten() {
            step.walk(visit);
        }
    }

    /// The connection that it speaks on, opens or closes; `None` when it is about none.
    #[must_use]
    pub fn connection(&self) -> Option<&str> {
        let about = matches!(
            self.action,
            Action::Connect(_)
                | Action::Greet(_)
                | Action::Login(_)
                | Action::Talk(_)
                | Action::Data(_)
                | Action::Send(_)
                | Action::Sasl(_)
                | Action::StartTls(..)
                | Action::Compress(_)
                | Action::HalfClose
                | Action::Drop
                | Action::Reset
                | Action::Closed(_)
                | Action::Silence { .. }
        ) || matches!(&self.action, Action::Hop(hop) if hop.has_connection());
        about.then_some(self.on.as_str())
    }
}

/// What a step does.
#[derive(Debug, Clone)]
pub enum Action {
    /// Open a connection; the greeting is left to the script.
    Connect(Open),
    /// Open, read the greeting, and greet back (EHLO, LHLO).
    Greet(Open),
    /// Greet and authenticate.
    Login(Open),
    /// A conversation.
    Talk(Talk),
    /// A message after 354.
    Data(Data),
    /// Octets exactly as written.
    Send(Send),
    /// An authentication that the harness computes.
    Sasl(Box<Sasl>),
    /// TLS on a connection that began in plaintext.
    StartTls(StartTls, Option<TlsWish>),
    /// Compression on a connection, begun or ended.
    Compress(Compress),
    /// Say that nothing more will be sent, and go on reading.
    HalfClose,
    /// Close at once.
    Drop,
    /// Close at once with a TCP reset.
    Reset,
    /// The server must close.
    Closed(Option<Law>),
    /// Nothing may arrive.
    Silence {
        /// For how long.
        time: Duration,
        /// Whether it judges.
        law: Option<Law>,
    },
    /// Wait.
    Pause(Duration),
    /// The server's side.
    Hop(Box<HopAction>),
    /// Poll a mailbox until it holds what is asked.
    EventuallyMailbox(Box<EventuallyMailbox>),
    /// Repeat steps until none fails.
    EventuallySteps(Vec<Step>),
    /// Compare values.
    Check(Box<Check>),
    /// Bind variables.
    Let(Vec<Binding>),
    /// Stop the target in good order and start it again.
    Restart,
    /// SIGKILL the target and start it again.
    Kill,
    /// Steps in order, as one step.
    Steps(Vec<Step>),
    /// The steps of a block.
    Use {
        /// The block's name.
        block: String,
        /// Its steps, with texts in the place of its parameters.
        steps: Vec<Step>,
    },
    /// Steps so many times.
    Repeat {
        /// How often.
        times: usize,
        /// The variable that counts, from 1.
        bind: Option<String>,
        /// What is done each time.
        steps: Vec<Step>,
    },
    /// Steps once for each value.
    For {
        /// The variable that takes the value.
        bind: String,
        /// The values, in order.
        values: Vec<Template>,
        /// What is done each time.
        steps: Vec<Step>,
    },
    /// Branches at once, each with connections of its own.
    Together(Vec<Vec<Step>>),
    /// Alternatives of which the first that holds is taken.
    AnyOf(Vec<Alternative>),
}

impl Action {
    /// The lists of steps that it holds.
    #[must_use]
    pub fn inner(&self) -> Vec<&[Step]> {
        match self {
            Self::EventuallySteps(steps)
            | Self::Steps(steps)
            | Self::Use { steps, .. }
            | Self::Repeat { steps, .. }
            | Self::For { steps, .. } => vec![steps.as_slice()],
            Self::Together(branches) => branches.iter().map(Vec::as_slice).collect(),
            Self::AnyOf(alternatives) => alternatives.iter().map(|one| one.steps.as_slice()).collect(),
            _ => Vec::new(),
        }
    }
}

/// One of several courses that an RFC allows.
#[derive(Debug, Clone)]
pub struct Alternative {
    /// What it is, for transcript and results.
    pub name: String,
    /// What must hold for it to be taken.
    pub steps: Vec<Step>,
    /// Where it stands.
    pub span: Span,
}

/// `when` or `unless` of a step.
#[derive(Debug, Clone)]
pub struct Condition {
    /// Whether it is to hold or not to hold.
    pub sense: Sense,
    /// What is looked at.
    pub test: Test,
}

/// Whether a condition is to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sense {
    /// `when`.
    When,
    /// `unless`.
    Unless,
}

/// What a condition looks at.
#[derive(Debug, Clone)]
pub enum Test {
    /// What the target declares and has.
    Need(Need),
    /// A value.
    Value(Box<Check>),
}
