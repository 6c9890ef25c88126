//! Exit statuses, the same for every subcommand, and which one a run deserves.

use std::process::ExitCode;

use crate::outcome::{CaseOutcome, Verdict};
use crate::report::Collected;
use crate::run::Strictness;

/// Shown under `--help`.
pub(crate) const HELP: &str = "\
Exit status:
  0  conforms (warnings allowed unless --strict)
  1  a requirement is violated, a ruling no longer holds, or the target no longer declares what its
     profile expects
  2  usage, or a bad script
  3  inconclusive: errors or blocked cases and no violation, or nothing was judged";

/// What the program's exit says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// All is well.
    Conforms,
    /// A requirement is violated, a ruling is stale, or what the profile expects is gone.
    Violation,
    /// The arguments or a script are wrong.
    Usage,
    /// Nothing can be said: errors, blocked cases, or nothing was judged.
    Inconclusive,
}

impl Status {
    /// The status of a run. A finding that a ruling covers does not count against the target; on a
    /// target with rulings every other does, since the rulings are its baseline.
    #[must_use]
    pub fn of_run(run: &Collected, strictness: Strictness) -> Self {
        let Some(summary) = &run.summary else { return Self::Inconclusive };
        let violated = run.cases.iter().any(|case| violates(case, strictness));
        let changed = !summary.stale_rulings.is_empty() || !summary.undeclared.is_empty();
        if violated || summary.unruled > 0 || changed {
            return Self::Violation;
        }
        let open = run.cases.iter().any(|case| matches!(case.verdict, Verdict::Blocked | Verdict::Error));
        let judged = run.cases.iter().any(|case| case.verdict.is_judged());
        if open || !judged { Self::Inconclusive } else { Self::Conforms }
    }
}

/// Whether a case accuses the target of something that no ruling covers.
fn violates(case: &CaseOutcome, strictness: Strictness) -> bool {
    let counts = match case.verdict {
        Verdict::Fail => true,
        Verdict::Warn => strictness == Strictness::Strict,
        Verdict::Pass | Verdict::Skip | Verdict::Blocked | Verdict::Error => false,
    };
    // A ruled MUST does not excuse an unruled one beside it; an unruled SHOULD beside it is a warning.
    let accuses = |level: crate::requirement::Level| level.is_absolute() || strictness == Strictness::Strict;
    let ruled = !case.findings.is_empty()
        && case
            .findings
            .iter()
            .filter(|finding| accuses(finding.level))
            .all(|finding| finding.ruling.is_some());
    counts && !ruled
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(match status {
            Status::Conforms => 0,
            Status::Violation => 1,
            Status::Usage => 2,
            Status::Inconclusive => 3,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Finding, RulingMark, RunSummary};
    use crate::report::example::case;
    use crate::requirement::Level;

    fn status(cases: Vec<CaseOutcome>, summary: RunSummary, strictness: Strictness) -> Status {
        let run = Collected { cases, summary: Some(summary), ..Collected::default() };
        Status::of_run(&run, strictness)
    }

    fn lenient(verdicts: &[Verdict]) -> Status {
        let cases = verdicts.iter().map(|verdict| case("a/b", *verdict)).collect();
        status(cases, RunSummary::default(), Strictness::Normal)
    }

    fn ruled(mut case: CaseOutcome) -> CaseOutcome {
        for finding in &mut case.findings {
            finding.ruling = Some(RulingMark { fault: "server".into(), why: "known".into() });
        }
        case
    }

    #[test]
    fn verdicts_decide() {
        use Verdict::{Blocked, Error, Fail, Pass, Skip, Warn};
        assert_eq!(lenient(&[Pass, Warn, Skip]), Status::Conforms);
        assert_eq!(lenient(&[Pass, Fail]), Status::Violation);
        assert_eq!(lenient(&[Blocked, Error, Fail]), Status::Violation);
        assert_eq!(lenient(&[Pass, Blocked]), Status::Inconclusive);
        assert_eq!(lenient(&[Pass, Error]), Status::Inconclusive);
        assert_eq!(lenient(&[Skip]), Status::Inconclusive);
        assert_eq!(lenient(&[]), Status::Inconclusive);
    }

    #[test]
    fn strictness_makes_a_should_count() {
        let cases = vec![case("a/b", Verdict::Warn)];
        assert_eq!(status(cases, RunSummary::default(), Strictness::Strict), Status::Violation);
    }

    #[test]
    fn a_ruled_finding_does_not_fail_the_run_and_an_unruled_one_beside_it_does() {
        let one = ruled(case("a/b", Verdict::Fail));
        assert_eq!(status(vec![one.clone()], RunSummary::default(), Strictness::Normal), Status::Conforms);
        let mut two = one.clone();
        two.findings.push(Finding { ruling: None, ..one.findings[0].clone() });
        assert_eq!(status(vec![two], RunSummary::default(), Strictness::Normal), Status::Violation);
        let mut warned = one.clone();
        warned.findings.push(Finding { ruling: None, level: Level::Should, ..one.findings[0].clone() });
        assert_eq!(status(vec![warned], RunSummary::default(), Strictness::Normal), Status::Conforms);
    }

    #[test]
    fn stale_rulings_and_new_findings_fail_the_run() {
        let pass = || vec![case("a/b", Verdict::Pass)];
        let stale = RunSummary { stale_rulings: vec!["a/b x".into()], ..RunSummary::default() };
        assert_eq!(status(pass(), stale, Strictness::Normal), Status::Violation);
        let gone = RunSummary { undeclared: vec!["imap: UIDPLUS".into()], ..RunSummary::default() };
        assert_eq!(status(pass(), gone, Strictness::Normal), Status::Violation);
        let unruled = RunSummary { unruled: 1, ..RunSummary::default() };
        assert_eq!(status(pass(), unruled, Strictness::Normal), Status::Violation);
    }

    #[test]
    fn a_run_that_never_ended_says_nothing() {
        assert_eq!(Status::of_run(&Collected::default(), Strictness::Normal), Status::Inconclusive);
    }
}
