//! The results of a run as data: what `results.json` holds, to the letter.

use serde::{Deserialize, Serialize};

use super::Collected;
use super::text::{QUOTE, bounded};
use crate::outcome::{CaseOutcome, Finding, RulingMark, Verdict};
use crate::requirement::{Level, RequirementId};

/// The version of the format; it grows when a reader of the old one would misread the new one.
pub const SCHEMA: u32 = 1;

/// A whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// [`SCHEMA`].
    pub schema: u32,
    /// What was tested.
    pub target: TargetRecord,
    /// How many cases have each verdict.
    pub summary: Counts,
    /// The cases, in the order of the plan.
    pub cases: Vec<CaseRecord>,
}

/// What was tested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetRecord {
    /// The profile's name.
    pub name: String,
    /// Software and version, when known.
    pub software: Option<String>,
}

/// How many cases have each verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Every judging expectation held.
    pub pass: usize,
    /// Only SHOULDs were departed from.
    pub warn: usize,
    /// A MUST was departed from.
    pub fail: usize,
    /// A precondition did not hold.
    pub blocked: usize,
    /// A condition of the case does not hold.
    pub skip: usize,
    /// Our side.
    pub error: usize,
}

/// A case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseRecord {
    /// The whole id.
    pub id: String,
    /// The suite's path.
    pub suite: String,
    /// Its sentence.
    pub name: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The requirements its expectations judge.
    pub covers: Vec<RequirementId>,
    /// What was found.
    pub findings: Vec<FindingRecord>,
    /// Why it was skipped, blocked or in error.
    pub reason: Option<String>,
    /// Which of the alternatives that an RFC allows the server took; left out where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub courses: Vec<String>,
    /// How long it ran, in milliseconds.
    pub duration_ms: u64,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FindingRecord {
    /// The rule.
    pub requirement: RequirementId,
    /// How strongly it binds here.
    pub level: Level,
    /// What was expected.
    pub expected: String,
    /// What came.
    pub actual: String,
    /// The script.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// What it stands in, the outermost first: a row, a round of a loop, the use of a block; left
    /// out where it stands in none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub within: Vec<String>,
    /// What the target's rulings say of it.
    pub ruling: Option<RulingMark>,
}

impl From<&Collected> for Results {
    fn from(run: &Collected) -> Self {
        let mut summary = Counts::default();
        for case in &run.cases {
            summary.add(case.verdict);
        }
        Self {
            schema: SCHEMA,
            target: TargetRecord { name: run.target.clone(), software: run.software.clone() },
            summary,
            cases: run.cases.iter().map(CaseRecord::from).collect(),
        }
    }
}

impl From<&CaseOutcome> for CaseRecord {
    fn from(case: &CaseOutcome) -> Self {
        Self {
            id: case.id.clone(),
            suite: case.suite.clone(),
            name: case.name.clone(),
            verdict: case.verdict,
            covers: case.covers.clone(),
            findings: case.findings.iter().map(FindingRecord::from).collect(),
            reason: case.reason.as_deref().map(|reason| bounded(reason, QUOTE).into_owned()),
            courses: case.courses.clone(),
            duration_ms: u64::try_from(case.duration.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

impl From<&Finding> for FindingRecord {
    fn from(finding: &Finding) -> Self {
        Self {
            requirement: finding.requirement.clone(),
            level: finding.level,
            expected: bounded(&finding.expected, QUOTE).into_owned(),
            actual: bounded(&finding.actual, QUOTE).into_owned(),
            file: finding.file.clone(),
            line: finding.line,
            within: finding.within.clone(),
            ruling: finding.ruling.clone(),
        }
    }
}

impl Counts {
    fn add(&mut self, verdict: Verdict) {
        let count = match verdict {
            Verdict::Pass => &mut self.pass,
            Verdict::Warn => &mut self.warn,
            Verdict::Fail => &mut self.fail,
            Verdict::Blocked => &mut self.blocked,
            Verdict::Skip => &mut self.skip,
            Verdict::Error => &mut self.error,
        };
        *count += 1;
    }

    /// How many cases have this verdict.
    #[must_use]
    pub const fn of(&self, verdict: Verdict) -> usize {
        match verdict {
            Verdict::Pass => self.pass,
            Verdict::Warn => self.warn,
            Verdict::Fail => self.fail,
            Verdict::Blocked => self.blocked,
            Verdict::Skip => self.skip,
            Verdict::Error => self.error,
        }
    }

    /// All cases.
    #[must_use]
    pub fn total(&self) -> usize {
        Verdict::ALL.into_iter().map(|verdict| self.of(verdict)).sum()
    }

    /// Cases in which the server was judged.
    #[must_use]
    pub const fn judged(&self) -> usize {
        self.pass + self.warn + self.fail
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example::{case, finding};

    #[test]
    fn counts_are_those_of_the_cases() {
        let cases: Vec<CaseOutcome> =
            Verdict::ALL.into_iter().chain([Verdict::Pass]).map(|verdict| case("a/b", verdict)).collect();
        let results = Results::from(&Collected { cases, ..Collected::default() });
        assert_eq!(results.summary, Counts { pass: 2, warn: 1, fail: 1, blocked: 1, skip: 1, error: 1 });
        assert_eq!(results.summary.total(), 7);
        assert_eq!(results.summary.judged(), 4);
    }

    #[test]
    fn a_long_answer_is_bounded() {
        let long = Finding { actual: "x".repeat(1_000_000), ..finding() };
        assert!(FindingRecord::from(&long).actual.len() < QUOTE + 100);
    }
}
