//! One case from lease to verdict.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::bindings::Bindings;
use super::evidence::Evidence;
use super::fixture;
use super::halt::{Cause, Halt};
use super::hop::Hops;
use super::options::{Options, Strictness};
use super::plan::Planned;
use super::servers;
use super::stage::Stage;
use super::steps::{bind, play, play_all};
use super::waits::Waits;
use crate::outcome::{CaseOutcome, Finding, Verdict};
use crate::script::model::{Case, Suite};
use crate::target::{Account, CLIENT_NAME, Found, Lease, Target, Tenancy, Wanted};
use crate::wire::Tap;

/// How much longer than its deadline a case may take for what the deadline does not govern:
/// fixture, restart, farewell. Past it the case is cut off.
const GRACE: Duration = Duration::from_secs(60);

/// How long a teardown may take.
const TEARDOWN_TIME: Duration = Duration::from_secs(15);

/// How long a case may wait for its accounts.
const LEASE_TIME: Duration = Duration::from_secs(600);

/// How a case ended, and whether it is worth another try.
#[derive(Debug)]
pub(crate) struct Played {
    /// For the reports.
    pub(crate) outcome: CaseOutcome,
    /// Whether it accuses, or was held up by silence.
    pub(crate) again: Again,
}

impl Played {
    /// Whether it found a departure.
    pub(crate) fn accuses(&self) -> bool {
        matches!(self.outcome.verdict, Verdict::Fail | Verdict::Warn)
    }
}

/// Whether a case is run once more before its word counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// Its word counts.
    No,
    /// Once more, alone.
    Yes,
}

/// Plays a case once, whatever it comes to: what it found is not confirmed.
pub async fn play_once(planned: &Planned, target: &Arc<Target>, options: &Options) -> CaseOutcome {
    play_case(planned, target, options, &Arc::default()).await.outcome
}

/// Plays a case.
pub(crate) async fn play_case(
    planned: &Planned,
    target: &Arc<Target>,
    options: &Options,
    waits: &Arc<Waits>,
) -> Played {
    let begin = Instant::now();
    let Some(case) = planned.case() else {
        return unplayed(planned, Halt::Error("the plan names a case that is not there".to_owned()));
    };
    let wanted = Wanted {
        accounts: case.given.accounts.iter().map(|account| account.name.clone()).collect(),
        hops: case.given.hops.iter().map(|hop| hop.name.clone()).collect(),
        found: if case.gives_names() { Found::ByName } else { Found::ByRoute },
        secrets: case.given.secrets,
        in_plaintext: case.given.servers.iter().map(|server| server.hop.clone()).collect(),
    };
    let tenancy = if case.ends_target() { Tenancy::Sole } else { Tenancy::Shared };
    let lease = match tokio::time::timeout(LEASE_TIME, target.lease(&wanted, tenancy)).await {
        Ok(Ok(lease)) => lease,
        Ok(Err(error)) => return unplayed(planned, error.into()),
        Err(_) => {
            let reason = "no accounts or routes were free for too long".to_owned();
            return unplayed(planned, Halt::Error(reason));
        }
    };
    let evidence = Arc::new(Evidence::new(tap(case, options), options.interference.clone()));
    let limit = options.stretched(case.deadline);
    let mut stage = Stage {
        suite: Arc::clone(&planned.suite),
        target: Arc::clone(target),
        bindings: first_bindings(&lease, target),
        hops: Arc::new(Hops::new(lease.hops())),
        servers: Arc::default(),
        lease: Arc::new(lease),
        sessions: std::collections::BTreeMap::new(),
        evidence: Arc::clone(&evidence),
        options: options.clone(),
        deadline: Instant::now() + limit + GRACE,
        within: case.row.iter().cloned().collect(),
        waits: Some(Arc::clone(waits)),
    };
    let playing = play_on_stage(&mut stage, case, limit);
    let halt = match tokio::time::timeout(limit + GRACE, playing).await {
        Ok(halt) => halt,
        Err(_) => {
            let line = planned.suite.source.place(evidence.place());
            Some(Halt::Error(format!("the case was cut off at {line}: it did not end in time")))
        }
    };
    // What it leased is free before its end is told.
    drop(stage);
    finish(case, &planned.suite, &evidence, halt, begin.elapsed(), options.strictness)
}

/// What shows the case's transcript to whoever follows the run.
fn tap(case: &Case, options: &Options) -> Option<Tap> {
    let trace = Arc::clone(options.trace.as_ref()?);
    let id = case.id.clone();
    Some(Tap::new(move |line| trace(&id, line)))
}

async fn play_on_stage(stage: &mut Stage, case: &Case, limit: Duration) -> Option<Halt> {
    for (_, account) in stage.lease.accounts() {
        stage.evidence.recorder().hide(account.secret.as_bytes());
    }
    stage.hops.bind(&mut stage.bindings);
    stage.evidence.arrive(case.span);
    let result = play_steps(stage, case, limit).await;
    tear_down(stage, case).await;
    stage.clear().await;
    result.err()
}

async fn play_steps(stage: &mut Stage, case: &Case, limit: Duration) -> Result<(), Halt> {
    bind(stage, &case.lets)?;
    servers::start(stage, case).await?;
    fixture::set_up(stage, case).await?;
    // The fixture is our affair: the case's time begins behind it.
    stage.deadline = Instant::now() + limit;
    for step in &case.steps {
        play(stage, step).await?;
    }
    Ok(())
}

/// Plays the teardown, whatever the steps came to. It judges nothing: what does not hold there
/// is told in the transcript alone.
async fn tear_down(stage: &mut Stage, case: &Case) {
    if case.teardown.is_empty() {
        return;
    }
    let (findings, place) = (stage.evidence.count(), stage.evidence.place());
    stage.deadline = Instant::now() + stage.options.stretched(TEARDOWN_TIME);
    stage.evidence.recorder().note("main", "teardown");
    let result = play_all(stage, &case.teardown).await;
    stage.evidence.forget(findings);
    stage.evidence.arrive(place);
    let why = match result {
        Ok(()) => return,
        Err(Halt::Blocked { reason, .. } | Halt::Error(reason)) => reason,
        Err(Halt::Failed) => "a rule was departed from".to_owned(),
    };
    stage.evidence.recorder().note("main", format!("the teardown was not whole: {why}"));
}

/// The variables that every case has.
fn first_bindings(lease: &Lease, target: &Target) -> Bindings {
    let mut bindings = Bindings::new();
    for (name, account) in lease.accounts() {
        bind_account(&mut bindings, name, account);
    }
    bindings.set("domain", target.domain().as_bytes());
    bindings.set("client", CLIENT_NAME.as_bytes());
    let unique = unique();
    bindings.set("zone", format!("{unique}.example").into_bytes());
    bindings.set("unique", unique.into_bytes());
    bindings
}

/// The variables of an account.
pub(super) fn bind_account(bindings: &mut Bindings, name: &str, account: &Account) {
    bindings.set(format!("{name}.address"), account.address.as_bytes());
    bindings.set(format!("{name}.user"), account.user.as_bytes());
    bindings.set(format!("{name}.secret"), account.secret.as_bytes());
    let plain = STANDARD.encode(format!("\0{}\0{}", account.user, account.secret));
    bindings.set(format!("{name}.plain"), plain.into_bytes());
}

/// A word that no other case run has, in this process or another.
fn unique() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_micros());
    format!("u{now:x}p{:x}n{count:x}", std::process::id())
}

/// A case that came to nothing before its stage stood.
pub(crate) fn unplayed(planned: &Planned, halt: Halt) -> Played {
    let evidence = Evidence::default();
    match planned.case() {
        Some(case) => finish(case, &planned.suite, &evidence, Some(halt), Duration::ZERO, Strictness::Normal),
        None => Played { outcome: blank(planned), again: Again::No },
    }
}

fn blank(planned: &Planned) -> CaseOutcome {
    CaseOutcome {
        id: planned.id().to_owned(),
        suite: planned.suite.path.clone(),
        name: planned.case().map_or_else(String::new, |case| case.name.clone()),
        note: planned.case().and_then(|case| case.note.clone()),
        verdict: Verdict::Error,
        covers: Vec::new(),
        findings: Vec::new(),
        reason: None,
        courses: Vec::new(),
        duration: Duration::ZERO,
        transcript: Vec::new(),
    }
}

fn finish(
    case: &Case,
    suite: &Suite,
    evidence: &Evidence,
    halt: Option<Halt>,
    duration: Duration,
    strictness: Strictness,
) -> Played {
    let findings = evidence.findings();
    let (verdict, reason) = match verdict(&findings, halt.as_ref(), strictness) {
        // What was never asked did not pass.
        (Verdict::Pass, _) if !evidence.judged() => (Verdict::Skip, Some(evidence.why_unjudged())),
        judged => judged,
    };
    let silent = matches!(halt, Some(Halt::Blocked { cause: Cause::Silence, .. }));
    let again = if silent || !findings.is_empty() { Again::Yes } else { Again::No };
    let reason = reason.map(|reason| evidence.recorder().redact(&reason));
    let outcome = CaseOutcome {
        id: case.id.clone(),
        suite: suite.path.clone(),
        name: case.name.clone(),
        note: case.note.clone(),
        verdict,
        covers: case.covers(),
        findings,
        reason,
        courses: evidence.courses(),
        duration,
        transcript: evidence.transcript(),
    };
    Played { outcome, again }
}

/// The verdict, and the reason where the server was not judged.
pub(crate) fn verdict(
    findings: &[Finding],
    halt: Option<&Halt>,
    strictness: Strictness,
) -> (Verdict, Option<String>) {
    let judged = if findings.is_empty() {
        Verdict::Pass
    } else if strictness == Strictness::Strict || findings.iter().any(|finding| finding.level.is_absolute()) {
        Verdict::Fail
    } else {
        Verdict::Warn
    };
    match halt {
        // Our own fault says nothing about the server, whatever was found before it.
        Some(Halt::Error(reason)) => (Verdict::Error, Some(reason.clone())),
        // What was found stands; that the rest could not be asked is said beside it.
        Some(Halt::Blocked { reason, .. }) if judged == Verdict::Fail => (judged, Some(reason.clone())),
        Some(Halt::Blocked { reason, .. }) => (Verdict::Blocked, Some(reason.clone())),
        Some(Halt::Failed) | None => (judged, None),
    }
}

/// What a second try, alone, makes of the first: only what shows again accuses.
pub(crate) fn confirm(first: Played, second: Played, strictness: Strictness) -> CaseOutcome {
    let Played { outcome: first, .. } = first;
    let Played { outcome: mut second, .. } = second;
    let same = |one: &Finding, other: &Finding| {
        one.requirement == other.requirement && (one.file == other.file && one.line == other.line)
    };
    let accused = second.verdict == Verdict::Fail || second.verdict == Verdict::Warn;
    if accused {
        let count = second.findings.len();
        let dropped = second.findings.first().cloned();
        second.findings.retain(|finding| first.findings.iter().any(|before| same(before, finding)));
        if second.findings.len() == count || !second.findings.is_empty() {
            let reason = second.reason.clone();
            (second.verdict, second.reason) = verdict(&second.findings, None, strictness);
            second.reason = reason;
            if second.verdict.is_judged() && !second.findings.is_empty() {
                return second;
            }
        }
        let shown = second.findings.first().or(dropped.as_ref());
        let shown = shown.map_or_else(String::new, |finding| format!(" ({})", brief(finding)));
        return unstable(first, second, &format!("another departure showed when it was run again{shown}"));
    }
    match (first.verdict, second.verdict) {
        (_, Verdict::Error) => second,
        (Verdict::Blocked, Verdict::Blocked) => second,
        (Verdict::Fail | Verdict::Warn, Verdict::Blocked) => {
            let why = second.reason.clone().unwrap_or_default();
            unstable(first, second, &format!("run again, it was blocked: {why}"))
        }
        // Held up by silence under load, and whole when alone: the second word counts.
        (Verdict::Blocked, _) => second,
        _ => unstable(first, second, "what was found did not show again"),
    }
}

/// A finding in a few words.
fn brief(finding: &Finding) -> String {
    format!("{} at line {}: {}", finding.requirement, finding.line, finding.actual)
}

/// An error that tells what the two tries found.
fn unstable(first: CaseOutcome, second: CaseOutcome, why: &str) -> CaseOutcome {
    let seen = first.findings.first().map_or_else(|| first.reason.clone().unwrap_or_default(), brief);
    CaseOutcome {
        verdict: Verdict::Error,
        findings: Vec::new(),
        reason: Some(format!("{why}; the first time: {seen}")),
        duration: first.duration + second.duration,
        transcript: first.transcript,
        ..second
    }
}

/// A case whose own code panicked: an error of that case alone.
pub(crate) fn panicked(planned: &Planned, message: &str) -> CaseOutcome {
    let reason = format!("mailspec itself failed in this case: {message}");
    unplayed(planned, Halt::Error(reason)).outcome
}

/// A case that is skipped.
pub(crate) fn skipped(planned: &Planned, reason: String) -> CaseOutcome {
    let covers = planned.case().map(Case::covers).unwrap_or_default();
    CaseOutcome { verdict: Verdict::Skip, reason: Some(reason), covers, ..blank(planned) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requirement::{Level, RequirementId};

    fn finding(level: Level, line: usize) -> Finding {
        Finding {
            requirement: RequirementId::new("rfc1939-3-1"),
            level,
            expected: String::new(),
            actual: String::new(),
            file: "a.yaml".to_owned(),
            line,
            column: 1,
            width: 1,
            source_line: String::new(),
            label: String::new(),
            within: Vec::new(),
            excerpt: Vec::new(),
            ruling: None,
        }
    }

    fn played(verdict: Verdict, findings: Vec<Finding>) -> Played {
        let outcome = CaseOutcome {
            id: "a/b".to_owned(),
            suite: "a".to_owned(),
            name: String::new(),
            note: None,
            verdict,
            covers: Vec::new(),
            findings,
            reason: None,
            courses: Vec::new(),
            duration: Duration::ZERO,
            transcript: Vec::new(),
        };
        Played { outcome, again: Again::Yes }
    }

    #[test]
    fn a_should_warns_unless_strict_and_a_must_fails() {
        let should = [finding(Level::Should, 1)];
        assert_eq!(verdict(&should, None, Strictness::Normal).0, Verdict::Warn);
        assert_eq!(verdict(&should, None, Strictness::Strict).0, Verdict::Fail);
        assert_eq!(verdict(&[finding(Level::MustNot, 1)], None, Strictness::Normal).0, Verdict::Fail);
        let blocked = Halt::Blocked { reason: "x".to_owned(), cause: Cause::Answer };
        assert_eq!(verdict(&should, Some(&blocked), Strictness::Normal).0, Verdict::Blocked);
        let error = Halt::Error("x".to_owned());
        assert_eq!(verdict(&[finding(Level::Must, 1)], Some(&error), Strictness::Normal).0, Verdict::Error);
    }

    #[test]
    fn only_what_shows_again_accuses() {
        let must = |line| vec![finding(Level::Must, line)];
        let normal = Strictness::Normal;
        let again = confirm(played(Verdict::Fail, must(3)), played(Verdict::Fail, must(3)), normal);
        assert_eq!(again.verdict, Verdict::Fail);
        let gone = confirm(played(Verdict::Fail, must(3)), played(Verdict::Pass, vec![]), normal);
        assert_eq!(gone.verdict, Verdict::Error);
        let other = confirm(played(Verdict::Fail, must(3)), played(Verdict::Fail, must(9)), normal);
        assert_eq!(other.verdict, Verdict::Error);
        assert!(other.findings.is_empty());
        let held_up = confirm(played(Verdict::Blocked, vec![]), played(Verdict::Pass, vec![]), normal);
        assert_eq!(held_up.verdict, Verdict::Pass);
    }

    #[test]
    fn no_two_cases_have_the_same_unique_word() {
        assert_ne!(unique(), unique());
    }
}
