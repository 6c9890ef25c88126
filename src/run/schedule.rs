//! Cases at the same time where they may be, alone where they must be; events in order.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

use tokio::task::{Id, JoinError, JoinSet};

use super::case::{Again, Played, confirm, panicked, play_case, skipped, unplayed};
use super::options::{FailFast, Options, Retry};
use super::plan::{Fit, Plan, Planned, fit};
use super::queue::{Order, Queue};
use super::waits::Waits;
use crate::outcome::{CaseOutcome, CasePlan, Event, Listener, RunInfo, RunSummary, Verdict};
use crate::requirement::RequirementId;
use crate::script::model::Settings;
use crate::target::{Rulings, Target};

/// Connections that a case may have at once, for targets with a limit.
const CONNECTIONS_PER_CASE: usize = 4;

/// For each job that acts, cases that may wait beside it; and how many cases there are at once with
/// those that wait, however many jobs there are: servers bound what one address may have.
const WAITING: usize = 3;
const AT_ONCE: usize = 64;

/// Runs a plan against a target and tells the listeners what happens.
pub async fn run(
    plan: &Plan,
    target: &Arc<Target>,
    options: &Options,
    listeners: &mut [Box<dyn Listener>],
) -> RunSummary {
    let mut run = Run {
        target: Arc::clone(target),
        set: BTreeMap::new(),
        options: options.clone(),
        listeners,
        summary: RunSummary::default(),
        judged: Vec::new(),
        waits: Arc::default(),
        stopped: false,
    };
    let begin = Instant::now();
    run.tell(&Event::RunStarted(info(plan, target)));
    let (mut together, mut alone) = (Vec::new(), Vec::new());
    for planned in &plan.cases {
        let Some(case) = planned.case() else { continue };
        match fit(case, &planned.suite, target).await {
            Fit::Skipped(reason) => run.finish(skipped(planned, reason)),
            Fit::NotStarted(error) => run.finish(unplayed(planned, error.into()).outcome),
            Fit::On(set) => {
                run.set.insert(case.given.settings.clone(), set);
                // A server of one's own disturbs nobody; a foreign one is ended only while nobody else is there.
                let kind = if case.ends_target() && !target.is_ours() { &mut alone } else { &mut together };
                kind.push(planned.clone());
            }
        }
    }
    run.play(together, Room::on(target, options.jobs)).await;
    run.play(alone, Room::ONE).await;
    run.end(begin)
}

fn info(plan: &Plan, target: &Target) -> RunInfo {
    let cases = plan
        .cases
        .iter()
        .filter_map(Planned::case)
        .map(|case| CasePlan { id: case.id.clone(), name: case.name.clone() })
        .collect();
    RunInfo { target: target.name().to_owned(), software: target.software().map(str::to_owned), cases }
}

/// How many cases may run at once.
#[derive(Debug, Clone, Copy)]
struct Room {
    /// That act.
    jobs: usize,
    /// In all, with those that only wait.
    cases: usize,
}

impl Room {
    const ONE: Self = Self { jobs: 1, cases: 1 };

    fn on(target: &Target, jobs: usize) -> Self {
        let jobs = jobs.max(1);
        let most = target.connections().map_or(usize::MAX, |limit| (limit / CONNECTIONS_PER_CASE).max(1));
        let waiting = if jobs == 1 { 0 } else { jobs.saturating_mul(WAITING) };
        let waiting = waiting.min(AT_ONCE.saturating_sub(jobs));
        // More cases than accounts would only wait for each other.
        let accounts = target.accounts().unwrap_or(usize::MAX).max(jobs);
        Self { jobs: jobs.min(most), cases: jobs.saturating_add(waiting).min(accounts).min(most) }
    }

    fn order(self) -> Order {
        if self.cases == 1 { Order::Planned } else { Order::LongestFirst }
    }
}

/// The state of a run.
struct Run<'a> {
    target: Arc<Target>,
    /// The same, set as cases want it.
    set: BTreeMap<Settings, Arc<Target>>,
    options: Options,
    listeners: &'a mut [Box<dyn Listener>],
    summary: RunSummary,
    /// Judged cases with the requirements found broken.
    judged: Vec<CaseOutcome>,
    waits: Arc<Waits>,
    stopped: bool,
}

/// A case whose first try accuses.
struct Suspect {
    planned: Planned,
    first: Played,
}

impl Run<'_> {
    /// Plays cases, and once more alone those that accuse.
    async fn play(&mut self, cases: Vec<Planned>, room: Room) {
        let mut queue = Queue::new(cases, room.order());
        while !queue.is_empty() && !self.stopped {
            let suspects = self.in_parallel(&mut queue, room).await;
            self.confirm_alone(suspects).await;
        }
    }

    /// Plays cases at the same time, each in a task of its own, so that a panic of ours stays in
    /// its case. Gives back those that must be run again: all of them at the end, or the first
    /// ones where a failure ends the run.
    async fn in_parallel(&mut self, queue: &mut Queue, room: Room) -> Vec<Suspect> {
        let mut tasks: JoinSet<Played> = JoinSet::new();
        let mut running: HashMap<Id, Planned> = HashMap::new();
        let mut suspects = Vec::new();
        loop {
            let settle = self.options.fail_fast == FailFast::Yes && !suspects.is_empty();
            while self.has_room(room, tasks.len()) && !self.stopped && !settle {
                let Some(planned) = queue.next(running.values()) else { break };
                self.tell(&Event::CaseStarted { id: planned.id().to_owned() });
                let id = self.spawn(&mut tasks, &planned);
                running.insert(id, planned);
            }
            let joined = tokio::select! {
                joined = tasks.join_next_with_id() => joined,
                // One that begins to wait makes room for another.
                () = self.waits.begun(), if !tasks.is_empty() => continue,
            };
            let Some(joined) = joined else { return suspects };
            match joined {
                Ok((id, played)) => {
                    let Some(planned) = running.remove(&id) else { continue };
                    if self.needs_confirmation(&played) {
                        suspects.push(Suspect { planned, first: played });
                    } else {
                        self.finish(played.outcome);
                    }
                }
                Err(error) => {
                    if let Some(planned) = running.remove(&error.id()) {
                        self.finish(panicked(&planned, &message_of(error)));
                    }
                }
            }
        }
    }

    fn has_room(&self, room: Room, running: usize) -> bool {
        running < room.cases && running.saturating_sub(self.waits.count()) < room.jobs
    }

    /// Whether a case is played once more before its word counts. What is ruled is known: that it
    /// shows again would accuse nobody, and what occurs only sometimes may not.
    fn needs_confirmation(&self, played: &Played) -> bool {
        let known = |rulings: &Rulings| {
            let Played { outcome, .. } = played;
            played.accuses()
                && outcome.findings.iter().all(|finding| rulings.find(&outcome.id, finding).is_some())
        };
        played.again == Again::Yes
            && self.options.retry == Retry::Once
            && !self.target.rulings().is_some_and(known)
    }

    /// Plays each suspect once more while nothing else runs.
    async fn confirm_alone(&mut self, suspects: Vec<Suspect>) {
        for Suspect { planned, first } in suspects {
            if self.stopped {
                return;
            }
            let outcome = match self.alone(&planned).await {
                // The first try was held up and the second accuses: that is its first word, and
                // needs a second as any other.
                Ok(second) if first.outcome.verdict == Verdict::Blocked && second.accuses() => {
                    let third = self.alone(&planned).await;
                    third.map_or_else(
                        |outcome| outcome,
                        |third| confirm(second, third, self.options.strictness),
                    )
                }
                Ok(second) => confirm(first, second, self.options.strictness),
                Err(outcome) => outcome,
            };
            self.finish(outcome);
        }
    }

    /// Plays a case while nothing else runs; a panic of ours is its outcome.
    async fn alone(&mut self, planned: &Planned) -> Result<Played, CaseOutcome> {
        self.tell(&Event::CaseRetried { id: planned.id().to_owned() });
        let mut task = JoinSet::new();
        self.spawn(&mut task, planned);
        match task.join_next().await {
            Some(Ok(played)) => Ok(played),
            Some(Err(error)) => Err(panicked(planned, &message_of(error))),
            None => Err(panicked(planned, "its task was gone")),
        }
    }

    fn spawn(&self, tasks: &mut JoinSet<Played>, planned: &Planned) -> Id {
        let set = planned.case().and_then(|case| self.set.get(&case.given.settings));
        let target = Arc::clone(set.unwrap_or(&self.target));
        let (planned, options) = (planned.clone(), self.options.clone());
        let waits = Arc::clone(&self.waits);
        tasks.spawn(async move { play_case(&planned, &target, &options, &waits).await }).id()
    }

    fn tell(&mut self, event: &Event) {
        for listener in self.listeners.iter_mut() {
            listener.on_event(event);
        }
    }

    /// Puts the rulings to an outcome, counts it, and tells it.
    fn finish(&mut self, mut outcome: CaseOutcome) {
        if let Some(rulings) = self.target.rulings() {
            for finding in &mut outcome.findings {
                finding.ruling = rulings.find(&outcome.id, finding).cloned();
                self.summary.unruled += usize::from(finding.ruling.is_none());
            }
        }
        self.summary.add(outcome.verdict);
        if outcome.verdict.is_judged() {
            let brief = CaseOutcome { transcript: Vec::new(), ..outcome.clone() };
            self.judged.push(brief);
        }
        let bad = matches!(outcome.verdict, Verdict::Fail | Verdict::Error);
        self.stopped |= bad && self.options.fail_fast == FailFast::Yes;
        self.tell(&Event::CaseFinished(Box::new(outcome)));
    }

    fn end(mut self, begin: Instant) -> RunSummary {
        if let Some(rulings) = self.target.rulings() {
            let judged: Vec<&str> = self.judged.iter().map(|outcome| outcome.id.as_str()).collect();
            let found = |case: &str, requirement: &RequirementId| {
                self.judged
                    .iter()
                    .filter(|outcome| outcome.id == case)
                    .any(|outcome| outcome.findings.iter().any(|found| found.requirement == *requirement))
            };
            self.summary.stale_rulings = rulings.stale(&judged, found);
            self.summary.absent_rulings = rulings.absent(&judged, found);
        }
        self.summary.undeclared = self.target.undeclared();
        self.summary.duration = begin.elapsed();
        let summary = self.summary.clone();
        self.tell(&Event::RunFinished(summary.clone()));
        summary
    }
}

/// What a panic said.
fn message_of(error: JoinError) -> String {
    if !error.is_panic() {
        return "its task was cancelled".to_owned();
    }
    let payload = error.into_panic();
    payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without words".to_owned())
}
