//! The verdict of a case.

use std::fmt;

/// How a case ended, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every judging expectation held.
    Pass,
    /// Only SHOULDs were departed from.
    Warn,
    /// A condition of the case does not hold.
    Skip,
    /// A precondition did not hold.
    Blocked,
    /// A MUST was departed from.
    Fail,
    /// Our side: network, set-up, script.
    Error,
}

impl Verdict {
    /// Every verdict, in the order in which summaries name them.
    pub const ALL: [Self; 6] = [Self::Pass, Self::Warn, Self::Fail, Self::Blocked, Self::Skip, Self::Error];

    /// Its word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Blocked => "blocked",
            Self::Skip => "skip",
            Self::Error => "error",
        }
    }

    /// Whether the server was judged.
    #[must_use]
    pub const fn is_judged(self) -> bool {
        matches!(self, Self::Pass | Self::Warn | Self::Fail)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
