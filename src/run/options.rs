//! How a run is run: what the command line or a test may choose.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::interference::Interference;
use crate::outcome::TranscriptLine;
use crate::requirement::{Level, RequirementId};

/// The level that the ledger gives a requirement; `None` when it does not know it.
pub type Levels = Arc<dyn Fn(&RequirementId) -> Option<Level> + Send + Sync>;

/// Somebody who is shown each line of each case's transcript as it comes, with the case's id.
pub type Trace = Arc<dyn Fn(&str, &TranscriptLine) + Send + Sync>;

/// What a run may be told.
#[derive(Clone)]
pub struct Options {
    /// Cases at the same time.
    pub jobs: usize,
    /// Whether what fails is run once more before it accuses.
    pub retry: Retry,
    /// What a departed SHOULD makes of a case.
    pub strictness: Strictness,
    /// Every time limit is multiplied by this, for slow machines.
    pub time_factor: f64,
    /// Whether the first case that does not pass ends the run.
    pub fail_fast: FailFast,
    /// The ledger's levels.
    pub levels: Levels,
    /// Who is shown what is said while it is said.
    pub trace: Option<Trace>,
    /// Who may alter what cases hear.
    pub interference: Option<Arc<dyn Interference>>,
}

/// Whether what fails is run once more, alone, before it accuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Once more; what does not show again is an error, not a finding.
    Once,
    /// Never: the first time counts.
    Never,
}

/// What a departed SHOULD makes of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// A warning.
    Normal,
    /// A failure.
    Strict,
}

/// Whether the first case that fails or is in error ends the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailFast {
    /// It does.
    Yes,
    /// Every case runs.
    No,
}

impl Options {
    /// The usual choices, with the ledger's levels.
    pub fn new(levels: impl Fn(&RequirementId) -> Option<Level> + Send + Sync + 'static) -> Self {
        Self {
            jobs: 16,
            retry: Retry::Once,
            strictness: Strictness::Normal,
            time_factor: 1.0,
            fail_fast: FailFast::No,
            levels: Arc::new(levels),
            trace: None,
            interference: None,
        }
    }

    /// A time limit as it holds here; a factor that makes no sense is brought into bounds.
    pub(crate) fn stretched(&self, time: Duration) -> Duration {
        let factor = if self.time_factor.is_finite() { self.time_factor.clamp(0.1, 100.0) } else { 1.0 };
        time.mul_f64(factor)
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("jobs", &self.jobs)
            .field("retry", &self.retry)
            .field("strictness", &self.strictness)
            .field("time_factor", &self.time_factor)
            .field("fail_fast", &self.fail_fast)
            .finish_non_exhaustive()
    }
}
