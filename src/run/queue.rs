//! Which case begins next.

use std::collections::VecDeque;
use std::time::Duration;

use super::plan::Planned;
use crate::script::model::{Action, Case, HopAction, Step};

/// Cases with server processes of their own at the same time: each costs a start.
const OWN_PROCESSES: usize = 4;

/// Who allows much time for something to come about expects to wait, for this part of it.
const EXPECTED: u32 = 10;

/// What the start of a server process costs.
const PROCESS: Duration = Duration::from_millis(500);

/// Cases that have not begun.
#[derive(Debug)]
pub(super) struct Queue {
    cases: VecDeque<Planned>,
}

/// In which order cases begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// As they stand in the plan.
    Planned,
    /// Those first that have to wait longest, so that the end of a run need not wait for them.
    LongestFirst,
}

impl Queue {
    pub(super) fn new(mut cases: Vec<Planned>, order: Order) -> Self {
        if order == Order::LongestFirst {
            cases.sort_by_cached_key(|planned| std::cmp::Reverse(planned.case().map(likely_time)));
        }
        Self { cases: cases.into() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    /// The next case that may begin beside those that run.
    pub(super) fn next<'a>(&mut self, running: impl Iterator<Item = &'a Planned>) -> Option<Planned> {
        let own = running.filter(|planned| has_processes(planned)).count();
        let may = |planned: &Planned| own < OWN_PROCESSES || !has_processes(planned);
        let at = self.cases.iter().position(may)?;
        self.cases.remove(at)
    }
}

/// Whether servers are started for a case alone.
fn has_processes(planned: &Planned) -> bool {
    planned.case().is_some_and(|case| case.ends_target() || !case.given.servers.is_empty())
}

/// What a case takes most likely, as far as it can be read.
fn likely_time(case: &Case) -> Duration {
    let mut time = case.waits() + longest_allowed(case) / EXPECTED;
    if case.ends_target() || !case.given.servers.is_empty() {
        time += PROCESS;
    }
    time
}

/// The longest time that a case allows for mail to arrive, or for anything else to be so in the end.
fn longest_allowed(case: &Case) -> Duration {
    let mut longest = Duration::ZERO;
    let mut look = |step: &Step| {
        let comes_about = match &step.action {
            Action::EventuallyMailbox(_) | Action::EventuallySteps(_) => true,
            Action::Hop(action) => matches!(**action, HopAction::Arrival(_) | HopAction::Accept { .. }),
            _ => false,
        };
        if comes_about {
            longest = longest.max(step.within);
        }
    };
    case.steps.iter().for_each(|step| step.walk(&mut look));
    longest
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::run::{Plan, Selection};
    use crate::script::load;

    const SUITE: &str = r"
version: 1
suite: waits
protocol: pop3
cases:
  - {id: none, name: it waits for nothing, steps: [login, *judged]}
  - id: kills
    name: it has a server of its own
    steps: [login, kill, login, *judged]
  - id: twice
    name: it waits two times
    steps: [login, {repeat: {times: 2, steps: [{pause: 400ms}]}}, *judged]
  - id: together
    name: its branches wait at once
    steps: [login, {together: [[{pause: 700ms}], [{silence: 100ms}]]}, *judged]
";

    fn cases() -> Vec<Planned> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("waits.yaml");
        let judged = "{check: {value: a, equals: a, law: rfc1939-3-1}}";
        std::fs::write(&path, SUITE.replace("*judged", judged)).unwrap();
        let suites = load(&[path]).unwrap().suites.into_iter().map(Arc::new);
        Plan::new(suites, &Selection::default()).unwrap().cases
    }

    fn drain(mut queue: Queue, running: &[Planned]) -> Vec<String> {
        let next = |queue: &mut Queue| queue.next(running.iter());
        let name = |planned: Planned| planned.id().rsplit('/').next().unwrap_or_default().to_owned();
        std::iter::from_fn(|| next(&mut queue)).map(name).collect()
    }

    #[test]
    fn who_waits_longest_begins_first() {
        let longest = drain(Queue::new(cases(), Order::LongestFirst), &[]);
        assert_eq!(longest, ["twice", "together", "kills", "none"]);
        assert_eq!(drain(Queue::new(cases(), Order::Planned), &[])[0], "none");
    }

    #[test]
    fn processes_are_started_a_few_at_a_time() {
        let kills = cases().into_iter().find(|planned| planned.id().ends_with("kills")).unwrap();
        let running = vec![kills; OWN_PROCESSES];
        let begun = drain(Queue::new(cases(), Order::LongestFirst), &running);
        assert_eq!(begun, ["twice", "together", "none"]);
    }
}
