//! Why a case ends before its last step.

use crate::target::TargetError;

/// Why a case ends before its last step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Halt {
    /// A precondition did not hold.
    Blocked {
        /// What was expected and what came.
        reason: String,
        /// Whether asking again may help.
        cause: Cause,
    },
    /// A MUST was departed from: the finding is written down.
    Failed,
    /// Our side: network, set-up, script.
    Error(String),
}

/// What stood in the way of a precondition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// An answer, and not the one that was needed.
    Answer,
    /// No answer: silence, a close, a reset.
    Silence,
}

impl From<TargetError> for Halt {
    fn from(error: TargetError) -> Self {
        match error {
            // The server did not let us: not our failure, and no finding either.
            TargetError::Clean(..) => Self::Blocked { reason: error.to_string(), cause: Cause::Silence },
            other => Self::Error(other.to_string()),
        }
    }
}
