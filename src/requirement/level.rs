//! How strongly a rule binds (RFC 2119).

use std::fmt;
use std::str::FromStr;

/// The level of a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Absolutely required.
    Must,
    /// Absolutely forbidden.
    MustNot,
    /// Required, unless there is a good reason.
    Should,
    /// Forbidden, unless there is a good reason.
    ShouldNot,
    /// Permitted: cannot be departed from.
    May,
}

impl Level {
    /// Every level, strongest first.
    pub const ALL: [Self; 5] = [Self::Must, Self::MustNot, Self::Should, Self::ShouldNot, Self::May];

    /// The level's word in scripts, ledger and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::MustNot => "must-not",
            Self::Should => "should",
            Self::ShouldNot => "should-not",
            Self::May => "may",
        }
    }

    /// Whether a departure from it is a failure, not a warning.
    #[must_use]
    pub const fn is_absolute(self) -> bool {
        matches!(self, Self::Must | Self::MustNot)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Level {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|level| level.as_str() == text).ok_or(())
    }
}
