//! Which cases judge which requirements.

use std::collections::BTreeMap;

use super::{Ledger, Requirement, RequirementId};

/// For each requirement that is judged, the ids of the cases that judge it.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    cases: BTreeMap<RequirementId, Vec<String>>,
}

impl Coverage {
    /// The coverage of cases, each given by its id and what it judges.
    pub fn new(cases: impl IntoIterator<Item = (String, Vec<RequirementId>)>) -> Self {
        let mut coverage = Self::default();
        for (case, ids) in cases {
            for id in ids {
                let covering = coverage.cases.entry(id).or_default();
                if !covering.contains(&case) {
                    covering.push(case.clone());
                }
            }
        }
        coverage
    }

    /// The cases that judge a requirement.
    #[must_use]
    pub fn of(&self, id: &RequirementId) -> &[String] {
        self.cases.get(id).map_or(&[], Vec::as_slice)
    }

    /// What became of a rule of the ledger.
    #[must_use]
    pub fn state(&self, requirement: &Requirement) -> CoverageState {
        match (self.of(&requirement.id).len(), &requirement.uncovered) {
            (0, None) => CoverageState::Open,
            (0, Some(_)) => CoverageState::Excused,
            _ => CoverageState::Covered,
        }
    }

    /// How many rules of a ledger are judged.
    #[must_use]
    pub fn covered(&self, ledger: &Ledger) -> usize {
        ledger.iter().filter(|row| self.state(row) == CoverageState::Covered).count()
    }
}

/// What became of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoverageState {
    /// A case judges it.
    Covered,
    /// None does, and the ledger says why none can.
    Excused,
    /// None does yet (rules that hold for every reply are judged without a case).
    Open,
}

impl CoverageState {
    /// Its word in listings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Covered => "covered",
            Self::Excused => "excused",
            Self::Open => "open",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_counts_once_for_a_rule() {
        let id = RequirementId::new("rfc1939-6-1");
        let coverage = Coverage::new([
            ("pop3/a/b".to_owned(), vec![id.clone(), id.clone()]),
            ("pop3/a/c".to_owned(), vec![id.clone()]),
        ]);
        assert_eq!(coverage.of(&id), ["pop3/a/b", "pop3/a/c"]);
        assert!(coverage.of(&RequirementId::new("rfc1939-6-2")).is_empty());
    }
}
