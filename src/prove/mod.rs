//! Proof that the suites can fail: the reference server is told to deviate, one way at a time,
//! and the suites must notice.
//!
//! A deviation is caught when a case finds a departure from one of the requirements that the
//! deviation says it breaks. Not for foreign servers: nobody knows what those break.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use reference_server::deviation::Deviation;

use crate::outcome::{CaseOutcome, Listener};
use crate::report::Collector;
use crate::requirement::RequirementId;
use crate::run::{Options, Plan, Planned, Retry, run};
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
    program: Option<PathBuf>,
) -> Result<Proof, TargetError> {
    let plan = relevant(deviation, all);
    let ran = plan.cases.len();
    let embedded = EmbeddedOptions { deviations: vec![deviation.id.to_owned()], program };
    let target = Arc::new(Target::embedded(embedded).await?);
    let collector = Collector::new();
    let mut listeners: [Box<dyn Listener>; 1] = [Box::new(collector.clone())];
    // A deviation shows every time, so that running again what fails would only cost time; and
    // where it shows as mail that never comes, the embedded server needs no long waiting.
    let time_factor = options.time_factor * PATIENCE;
    let options = Options { retry: Retry::Never, time_factor, ..options.clone() };
    let _summary = run(&plan, &target, &options, &mut listeners).await;
    target.end().await?;
    let (mut caught, mut others) = (Vec::new(), Vec::new());
    for case in collector.take().cases {
        match broken(deviation, &case) {
            Some(requirement) => caught.push((case.id, requirement)),
            None if !case.findings.is_empty() => others.push(case.id),
            None => {}
        }
    }
    Ok(Proof { deviation, ran, caught, others })
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
