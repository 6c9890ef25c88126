//! What a run would do, without doing it: each case with its fate.
//!
//! Asks the same questions as the run itself, so that the two cannot disagree.

use std::sync::Arc;

use super::plan::{Fit, Plan, Planned, fit};
use crate::target::Target;

/// What a run would make of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It would run, beside others.
    Runs,
    /// It would run with a server of its own, or while nothing else runs.
    RunsAlone,
    /// It would be skipped, for this reason.
    Skipped(String),
    /// The server does not start as the case wants it set, for this reason.
    NotStarted(String),
}

/// Each case of the plan, in order, with what a run against this target would make of it.
pub async fn preview<'p>(plan: &'p Plan, target: &Arc<Target>) -> Vec<(&'p Planned, Fate)> {
    let mut fates = Vec::new();
    for planned in &plan.cases {
        let Some(case) = planned.case() else { continue };
        let fate = match fit(case, &planned.suite, target).await {
            Fit::Skipped(reason) => Fate::Skipped(reason),
            Fit::NotStarted(error) => Fate::NotStarted(error.to_string()),
            Fit::On(_) if case.ends_target() => Fate::RunsAlone,
            Fit::On(_) => Fate::Runs,
        };
        fates.push((planned, fate));
    }
    fates
}
