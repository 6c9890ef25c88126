//! The reference server is told to deviate, one way at a time, and the suites must notice.
//!
//! A deviation is caught when a case finds a departure from one of the requirements that the
//! deviation says it breaks. Not for foreign servers: nobody knows what those break.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use reference_server::deviation::Deviation;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::outcome::CaseOutcome;
use crate::requirement::RequirementId;
use crate::run::{Options, Plan, Planned, play_once, runs_on};
use crate::script::model::Case;
use crate::target::{EmbeddedOptions, Target, TargetError};

/// The part of a case's time limits that the embedded server is given.
const PATIENCE: f64 = 0.4;

/// What became of one deviation.
#[derive(Debug, Clone)]
pub struct Proof {
    /// The deviation.
    pub deviation: &'static Deviation,
    /// How many cases ran.
    pub ran: usize,
    /// The cases that found it, with the requirement that each found broken.
    pub caught: Vec<(String, RequirementId)>,
    /// The cases that noticed something else.
    pub others: Vec<String>,
}

impl Proof {
    /// Whether a case noticed what the deviation breaks.
    #[must_use]
    pub fn is_caught(&self) -> bool {
        !self.caught.is_empty()
    }
}

/// How many cases are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Until one has caught it.
    Caught,
    /// All of them, to see which do.
    TheEnd,
}

/// Cases with a server process of their own at the same time.
const OWN_PROCESSES: usize = 4;

/// Runs the cases that cover what a deviation breaks (all, where none does) against a server that
/// deviates; `program` is the `mailspec` program for cases that need a process of their own, this
/// process's own when it is not said.
///
/// # Errors
/// When the server does not start.
pub async fn prove(
    deviation: &'static Deviation,
    all: &Plan,
    options: &Options,
    until: Until,
    program: Option<PathBuf>,
) -> Result<Proof, TargetError> {
    let deviations = vec![deviation.id.to_owned()];
    let embedded = EmbeddedOptions { deviations, program, ..EmbeddedOptions::default() };
    let target = Arc::new(Target::embedded(embedded).await?);
    let plan = relevant(deviation, all);
    let mut cases = Vec::new();
    for planned in plan.cases {
        if runs_on(&planned, &target).await.is_some() {
            cases.push(planned);
        }
    }
    // Those that need a process of their own cost most, and are asked when no other has caught it.
    let (own, shared): (Vec<_>, Vec<_>) =
        cases.into_iter().partition(|planned| planned.case().is_some_and(Case::ends_target));
    // Where a deviation shows as mail that never comes, the embedded server needs no long waiting.
    let options = Options { time_factor: options.time_factor * PATIENCE, ..options.clone() };
    let mut proof = Proof { deviation, ran: 0, caught: Vec::new(), others: Vec::new() };
    proof.ask(shared, &target, &options, options.jobs, until).await;
    if until == Until::TheEnd || !proof.is_caught() {
        proof.ask(own, &target, &options, OWN_PROCESSES, until).await;
    }
    target.end().await?;
    Ok(proof)
}

impl Proof {
    /// Plays cases at the same time. A deviation shows every time, so that none is played again.
    async fn ask(
        &mut self,
        cases: Vec<Planned>,
        target: &Arc<Target>,
        options: &Options,
        jobs: usize,
        until: Until,
    ) {
        let turns = Arc::new(Semaphore::new(jobs.max(1)));
        let mut tasks = JoinSet::new();
        for planned in cases {
            let (target, options, turns) = (Arc::clone(target), options.clone(), Arc::clone(&turns));
            tasks.spawn(async move {
                let _turn = turns.acquire().await.ok()?;
                let set = runs_on(&planned, &target).await?;
                Some(play_once(&planned, &set, &options).await)
            });
        }
        while let Some(joined) = tasks.join_next().await {
            // A panic of ours catches nothing.
            let Ok(Some(case)) = joined else { continue };
            self.ran += 1;
            match broken(self.deviation, &case) {
                Some(requirement) => self.caught.push((case.id, requirement)),
                None if !case.findings.is_empty() => self.others.push(case.id),
                None => {}
            }
            if until == Until::Caught && self.is_caught() {
                tasks.shutdown().await;
            }
        }
    }
}

/// The cases that judge what the deviation breaks, or all of them where no case does.
fn relevant(deviation: &Deviation, all: &Plan) -> Plan {
    let covers = |case: &Case| case.covers().iter().any(|id| deviation.breaks.contains(&id.as_str()));
    let chosen: Vec<Planned> =
        all.cases.iter().filter(|planned| planned.case().is_some_and(covers)).cloned().collect();
    if chosen.is_empty() { all.clone() } else { Plan { cases: chosen } }
}

/// The first requirement that a case found broken among those that the deviation breaks.
fn broken(deviation: &Deviation, case: &CaseOutcome) -> Option<RequirementId> {
    let breaks: BTreeSet<&str> = deviation.breaks.iter().copied().collect();
    case.findings
        .iter()
        .map(|finding| &finding.requirement)
        .find(|requirement| breaks.contains(requirement.as_str()))
        .cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Verdict;
    use crate::report::example::case;

    #[test]
    fn only_the_broken_requirement_counts() {
        let deviation = &reference_server::deviation::all()[0];
        let mut seen = case("a/b", Verdict::Fail);
        assert_eq!(broken(deviation, &seen), None);
        seen.findings[0].requirement = RequirementId::new(deviation.breaks[0]);
        assert_eq!(broken(deviation, &seen), Some(RequirementId::new(deviation.breaks[0])));
    }
}
