//! Suites, cases and their conditions.

use std::sync::Arc;
use std::time::Duration;

use super::endpoint::{Endpoint, Protocol};
use super::given::{Binding, Given};
use super::hop::HopAction;
use super::step::{Action, Step};
use super::talk::Law;
use crate::requirement::RequirementId;
use crate::source::{SourceFile, Span};

/// One YAML file.
#[derive(Debug, Clone)]
pub struct Suite {
    /// The path below `suites/` without `.yaml`: `pop3/update`.
    pub path: String,
    /// The text it was read from.
    pub source: Arc<SourceFile>,
    /// What it is about.
    pub title: String,
    /// What its cases speak unless they say otherwise.
    pub protocol: Protocol,
    /// Its cases.
    pub cases: Vec<Case>,
}

/// One independent test.
#[derive(Debug, Clone)]
pub struct Case {
    /// The whole id: `pop3/update/dele-without-quit`.
    pub id: String,
    /// A sentence that says what holds.
    pub name: String,
    /// The row of a table that it is made of, with its texts.
    pub row: Option<String>,
    /// Why the rule is so.
    pub note: Option<String>,
    /// Its tags and its suite's.
    pub tags: Vec<String>,
    /// Its conditions and its suite's.
    pub needs: Vec<Need>,
    /// The fixture.
    pub given: Given,
    /// Variables bound before the first step.
    pub lets: Vec<Binding>,
    /// For the whole case.
    pub deadline: Duration,
    /// What is done and expected.
    pub steps: Vec<Step>,
    /// What is done behind the steps, however they ended; it judges nothing.
    pub teardown: Vec<Step>,
    /// Where it stands.
    pub span: Span,
}

impl Case {
    /// Every requirement that an expectation of the case judges, without repeats, in order.
    #[must_use]
    pub fn covers(&self) -> Vec<RequirementId> {
        let mut ids: Vec<RequirementId> = Vec::new();
        for law in self.laws() {
            for id in &law.ids {
                if !ids.contains(id) {
                    ids.push(id.clone());
                }
            }
        }
        ids
    }

    /// Every law cited by a step, in order.
    #[must_use]
    pub fn laws(&self) -> Vec<&Law> {
        self.steps.iter().flat_map(Step::laws).collect()
    }

    /// Whether a step gives names to the name server that the target asks.
    #[must_use]
    pub fn gives_names(&self) -> bool {
        let mut gives = false;
        for step in &self.steps {
            step.walk(&mut |step| {
                gives |=
                    matches!(&step.action, Action::Hop(hop) if matches!(hop.as_ref(), HopAction::Dns(_)));
            });
        }
        gives
    }

    /// How long its steps wait at least, whatever the target does: its pauses and silences.
    #[must_use]
    pub fn waits(&self) -> Duration {
        self.steps.iter().map(Step::waits).sum()
    }

    /// Whether a step restarts or kills the target, so that the case must have a server of its own.
    #[must_use]
    pub fn ends_target(&self) -> bool {
        self.steps.iter().chain(&self.teardown).any(Step::ends_target)
    }
}

/// A condition of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// The protocol declares this capability.
    Capability {
        /// Whose list is asked.
        protocol: Protocol,
        /// Words, as `AUTH PLAIN` or `AUTH=PLAIN`.
        capability: String,
    },
    /// The target has this endpoint.
    Endpoint(Endpoint),
    /// The target can be restarted or killed.
    Lifecycle(Lifecycle),
    /// The target's profile lists this policy.
    Policy(String),
    /// The endpoint of this protocol offers STARTTLS or STLS.
    Tls(Protocol),
}

/// What can be done to a target's process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    /// Stopped in good order and started again.
    Restart,
    /// SIGKILL, and started again.
    Kill,
}
