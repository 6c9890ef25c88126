//! What a run tells its listeners.

use std::time::Duration;

use super::{Finding, TranscriptLine, Verdict};
use crate::requirement::RequirementId;

/// What happens in a run, in order.
#[derive(Debug, Clone)]
pub enum Event {
    /// The plan stands and cases begin.
    RunStarted(RunInfo),
    /// A case begins.
    CaseStarted {
        /// The case.
        id: String,
    },
    /// A case that failed is run once more, alone, before it accuses.
    CaseRetried {
        /// The case.
        id: String,
    },
    /// A case ended.
    CaseFinished(Box<CaseOutcome>),
    /// All cases ended.
    RunFinished(RunSummary),
}

/// What is run against what.
#[derive(Debug, Clone)]
pub struct RunInfo {
    /// The target's name.
    pub target: String,
    /// Software and version, when known.
    pub software: Option<String>,
    /// Cases that will run or be skipped.
    pub cases: Vec<CasePlan>,
}

/// A case of the plan.
#[derive(Debug, Clone)]
pub struct CasePlan {
    /// The whole id.
    pub id: String,
    /// Its sentence.
    pub name: String,
}

/// How a case ended, with its evidence.
#[derive(Debug, Clone)]
pub struct CaseOutcome {
    /// The whole id.
    pub id: String,
    /// The suite's path.
    pub suite: String,
    /// Its sentence.
    pub name: String,
    /// Why the rule is so, where the script says it.
    pub note: Option<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// The requirements its expectations judge.
    pub covers: Vec<RequirementId>,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Why it was skipped, blocked or in error.
    pub reason: Option<String>,
    /// Which alternatives of an `any-of` held, in order.
    pub courses: Vec<String>,
    /// How long it ran.
    pub duration: Duration,
    /// Every line of every connection.
    pub transcript: Vec<TranscriptLine>,
}

/// The end of a run.
#[derive(Debug, Clone, Default)]
pub struct RunSummary {
    /// How many cases have each verdict, in the order of [`Verdict::ALL`].
    pub counts: [usize; 6],
    /// Rulings of the target that no longer occur among the cases run, as `case requirement`.
    pub stale_rulings: Vec<String>,
    /// Rulings of what occurs only sometimes, and did not among the cases run.
    pub absent_rulings: Vec<String>,
    /// What the target's profile expects it to declare and it does not, as `imap: UIDPLUS`.
    pub undeclared: Vec<String>,
    /// Findings that no ruling covers, when the target has rulings.
    pub unruled: usize,
    /// How long the run took.
    pub duration: Duration,
}

impl RunSummary {
    /// How many cases have this verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        Verdict::ALL
            .iter()
            .position(|each| *each == verdict)
            .and_then(|index| self.counts.get(index))
            .copied()
            .unwrap_or(0)
    }

    /// Counts one more case.
    pub fn add(&mut self, verdict: Verdict) {
        if let Some(count) =
            Verdict::ALL.iter().position(|each| *each == verdict).and_then(|i| self.counts.get_mut(i))
        {
            *count += 1;
        }
    }
}

/// Somebody who listens to a run: a reporter, a progress bar.
pub trait Listener: Send {
    /// Called for each event, in order, never at once from two threads.
    fn on_event(&mut self, event: &Event);
}
