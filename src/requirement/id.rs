//! Requirement ids: `rfc1939-6-1`, `rfc1939-7-L7`, `rfc5321-4.5.2-R1`, `house-…`.

use std::fmt;

/// The frozen name of one rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct RequirementId(String);

impl RequirementId {
    /// An id as written; whether the ledger knows it is the ledger's affair.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether no RFC decides this rule; it never fails a foreign server.
    #[must_use]
    pub fn is_house(&self) -> bool {
        self.0.starts_with("house-")
    }
}

impl fmt::Display for RequirementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
