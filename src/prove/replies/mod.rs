//! Proof that each judging expectation can fail: what the server says is altered on its way to
//! the script, one thing at a time, until the expectation makes its finding.
//!
//! A case is played once unaltered, and what it hears is noted ([`log`]). For each judging
//! expectation that it came to ([`judging`]) it is then played again, each time with another
//! change ([`change`], [`tries`], [`altering`]). An expectation is seen to fail when a finding
//! stands at its place with one of its requirements; one of another place proves nothing for it.
//!
//! That an expectation can fail is the least that can be asked of it. It does not say that the
//! mistakes which servers make are found: that is what deviations are for.

mod altering;
mod change;
mod judging;
mod log;
mod tries;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

pub use change::Change;
pub use judging::{Judging, Kind, Site};

use self::altering::{Aim, Altering};
use self::log::{Log, Moment};
use crate::outcome::{CaseOutcome, Finding, Verdict};
use crate::run::{Interference, Options, Plan, Planned, play_once, runs_on};
use crate::target::{EmbeddedOptions, Target, TargetError};

/// The part of its time limits that a case is given where something is altered: the embedded server is quick.
const PATIENCE: f64 = 0.4;

/// Cases at the same time, at least: most of the time is waiting for what is lost.
const JOBS: usize = 48;

/// Changes that are tried for one expectation, in all cases together.
const MOST: usize = 120;

/// Cases with a server process of their own at the same time.
const OWN_PROCESSES: usize = 2;

/// What became of one judging expectation.
#[derive(Debug, Clone)]
pub struct Tried {
    /// What it is.
    pub judging: Judging,
    /// The cases that came to it, unaltered.
    pub reached: usize,
    /// How many changes were tried.
    pub tries: usize,
    /// The case and the change with which it was seen to fail.
    pub seen: Option<(String, Change)>,
}

/// What became of all.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Every judging expectation of the cases, by its place.
    pub tried: BTreeMap<Site, Tried>,
    /// Cases that did not pass unaltered, with the reason: nothing can be said with them.
    pub unusable: Vec<(String, String)>,
    /// How often a case was played.
    pub played: usize,
}

impl Report {
    /// The expectations that some case came to.
    pub fn reached(&self) -> impl Iterator<Item = &Tried> {
        self.tried.values().filter(|tried| tried.reached > 0)
    }

    /// Those that no change made fail.
    pub fn blind(&self) -> impl Iterator<Item = &Tried> {
        self.reached().filter(|tried| tried.seen.is_none())
    }
}

/// Plays every case of the plan on the reference server, and alters what it hears; `program` is
/// the `mailspec` program for cases that need a process of their own.
///
/// # Errors
/// When the server does not start.
pub async fn prove_replies(
    plan: &Plan,
    options: &Options,
    program: Option<PathBuf>,
) -> Result<Report, TargetError> {
    let embedded = EmbeddedOptions { program, ..EmbeddedOptions::default() };
    let target = Arc::new(Target::embedded(embedded).await?);
    let search = Arc::new(Search {
        target: Arc::clone(&target),
        options: options.clone(),
        report: Mutex::default(),
        shared: Semaphore::new(options.jobs.max(JOBS)),
        own: Semaphore::new(OWN_PROCESSES),
    });
    let mut tasks = JoinSet::new();
    for planned in in_turn(plan) {
        search.know(&planned);
        let search = Arc::clone(&search);
        tasks.spawn(async move { search.case(&planned).await });
    }
    // A panic of ours in a case leaves its expectations unseen, which is told.
    while tasks.join_next().await.is_some() {}
    let report = std::mem::take(&mut *search.report());
    drop(search);
    target.end().await?;
    Ok(report)
}

/// The cases in an order in which the rows of one table, whose expectations are the same, are far
/// apart: what one of them has shown the others need not show again.
fn in_turn(plan: &Plan) -> Vec<Planned> {
    let mut plan = plan.clone();
    plan.shuffle(1);
    plan.cases
}

/// What all cases share.
struct Search {
    target: Arc<Target>,
    options: Options,
    report: Mutex<Report>,
    shared: Semaphore,
    own: Semaphore,
}

impl Search {
    fn report(&self) -> MutexGuard<'_, Report> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes down what a case judges.
    fn know(&self, planned: &Planned) {
        let mut report = self.report();
        for judging in judging::of_case(planned) {
            let new = Tried { judging: judging.clone(), reached: 0, tries: 0, seen: None };
            let known = report.tried.entry(judging.site.clone()).or_insert(new);
            // A row may put other requirements in the place of a variable.
            for requirement in judging.requirements {
                if !known.judging.requirements.contains(&requirement) {
                    known.judging.requirements.push(requirement);
                }
            }
        }
    }

    /// Plays a case unaltered, and then altered for each of its expectations not seen to fail.
    async fn case(&self, planned: &Planned) {
        let Some(case) = planned.case() else { return };
        if runs_on(planned, &self.target).await.is_none() {
            return;
        }
        let turns = if case.ends_target() { &self.own } else { &self.shared };
        let Ok(_turn) = turns.acquire().await else { return };
        let log = Arc::new(Log::default());
        let outcome = self.play(planned, Arc::clone(&log) as Arc<dyn Interference>, 1.0).await;
        if outcome.verdict != Verdict::Pass {
            let why = outcome.reason.unwrap_or_else(|| outcome.verdict.to_string());
            self.report().unusable.push((outcome.id, why));
            return;
        }
        let moments = log.take();
        for judging in judging::of_case(planned) {
            self.expectation(planned, &judging, &moments).await;
        }
    }

    async fn expectation(&self, planned: &Planned, judging: &Judging, moments: &[Moment]) {
        let came = moments.iter().any(|moment| matches!(moment, Moment::Arrived(at) if *at == judging.span));
        if let (true, Some(tried)) = (came, self.report().tried.get_mut(&judging.site)) {
            tried.reached += 1;
        }
        for (aim, change) in tries::tries(judging, moments) {
            if self.is_settled(&judging.site) {
                return;
            }
            self.alter(planned, judging, aim, change).await;
        }
    }

    /// Whether no more need be tried for an expectation.
    fn is_settled(&self, site: &Site) -> bool {
        self.report().tried.get(site).is_none_or(|tried| tried.seen.is_some() || tried.tries >= MOST)
    }

    /// Plays a case with one change, and takes down which expectations found something.
    async fn alter(&self, planned: &Planned, judging: &Judging, aim: Aim, change: Change) {
        let altering = Arc::new(Altering::new(aim, change));
        let outcome = self.play(planned, Arc::clone(&altering) as Arc<dyn Interference>, PATIENCE).await;
        let mut report = self.report();
        if let Some(tried) = report.tried.get_mut(&judging.site) {
            tried.tries += 1;
        }
        if !altering.is_done() {
            return;
        }
        for finding in &outcome.findings {
            let Some(tried) = report.tried.get_mut(&site_of(finding)) else { continue };
            if !tried.judging.requirements.contains(&finding.requirement) {
                continue;
            }
            tried.seen.get_or_insert_with(|| (outcome.id.clone(), change));
            let speaks =
                judging.speaks_through(&tried.judging) && judging.requirements.contains(&finding.requirement);
            if let Some(aimed) = report.tried.get_mut(&judging.site).filter(|_| speaks) {
                aimed.seen.get_or_insert_with(|| (outcome.id.clone(), change));
            }
        }
    }

    async fn play(
        &self,
        planned: &Planned,
        interference: Arc<dyn Interference>,
        patience: f64,
    ) -> CaseOutcome {
        self.report().played += 1;
        let time_factor = self.options.time_factor * patience;
        let options = Options { interference: Some(interference), time_factor, ..self.options.clone() };
        let set = runs_on(planned, &self.target).await;
        play_once(planned, set.as_ref().unwrap_or(&self.target), &options).await
    }
}

fn site_of(finding: &Finding) -> Site {
    Site { file: finding.file.clone(), line: finding.line, column: finding.column }
}
