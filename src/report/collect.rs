//! Keeps what happened, for the reports that are made when the run is over.

use std::sync::{Arc, Mutex, PoisonError};

use crate::outcome::{CaseOutcome, Event, Listener, RunSummary, Verdict};

/// What a run was, all of it.
#[derive(Debug, Clone, Default)]
pub struct Collected {
    /// The target's name.
    pub target: String,
    /// Software and version, when known.
    pub software: Option<String>,
    /// The cases, in the order of the plan; those that passed without their transcript.
    pub cases: Vec<CaseOutcome>,
    /// The end, when it came.
    pub summary: Option<RunSummary>,
}

/// A listener that keeps everything; a clone is a handle on the same memory.
#[derive(Debug, Clone, Default)]
pub struct Collector {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    collected: Collected,
    plan: Vec<String>,
}

impl Collector {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What was kept so far; nothing is kept afterwards.
    #[must_use]
    pub fn take(&self) -> Collected {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { mut collected, plan } = std::mem::take(&mut *state);
        let place: std::collections::HashMap<&str, usize> =
            plan.iter().enumerate().map(|(index, id)| (id.as_str(), index)).collect();
        // Stable: a case that the plan does not know comes last, in the order of its end.
        collected.cases.sort_by_key(|case| place.get(case.id.as_str()).copied().unwrap_or(usize::MAX));
        collected
    }
}

impl Listener for Collector {
    fn on_event(&mut self, event: &Event) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::RunStarted(info) => {
                state.collected.target.clone_from(&info.target);
                state.collected.software.clone_from(&info.software);
                state.plan = info.cases.iter().map(|case| case.id.clone()).collect();
            }
            Event::CaseStarted { .. } | Event::CaseRetried { .. } => {}
            Event::CaseFinished(case) => {
                let mut case = CaseOutcome::clone(case);
                if matches!(case.verdict, Verdict::Pass | Verdict::Skip) {
                    case.transcript = Vec::new();
                }
                state.collected.cases.push(case);
            }
            Event::RunFinished(summary) => state.collected.summary = Some(summary.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example::{case, started};

    #[test]
    fn cases_come_in_the_order_of_the_plan() {
        let collector = Collector::new();
        let mut listener = collector.clone();
        listener.on_event(&started(&["a/b/one", "a/b/two"]));
        listener.on_event(&Event::CaseFinished(Box::new(case("a/b/two", Verdict::Fail))));
        listener.on_event(&Event::CaseFinished(Box::new(case("a/b/one", Verdict::Pass))));
        let collected = collector.take();
        let ids: Vec<&str> = collected.cases.iter().map(|case| case.id.as_str()).collect();
        assert_eq!(ids, ["a/b/one", "a/b/two"]);
        assert!(collected.cases[0].transcript.is_empty());
        assert!(!collected.cases[1].transcript.is_empty());
    }
}
