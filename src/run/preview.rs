//! What a run would do, without doing it: each case with its fate.
//!
//! Asks the same questions as the run itself, so that the two cannot disagree.

use super::plan::{Plan, Planned, reason_to_skip};
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
}

/// Each case of the plan, in order, with what a run against this target would make of it.
#[must_use]
pub fn preview<'p>(plan: &'p Plan, target: &Target) -> Vec<(&'p Planned, Fate)> {
    let fate = |planned: &Planned| {
        let case = planned.case()?;
        Some(match reason_to_skip(case, &planned.suite, target) {
            Some(reason) => Fate::Skipped(reason),
            None if case.ends_target() => Fate::RunsAlone,
            None => Fate::Runs,
        })
    };
    plan.cases.iter().filter_map(|planned| Some((planned, fate(planned)?))).collect()
}
