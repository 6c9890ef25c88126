//! Exit statuses, the same for every subcommand.

use std::process::ExitCode;

/// Shown under `--help`.
pub(crate) const HELP: &str = "\
Exit status:
  0  conforms (warnings allowed unless --strict)
  1  a requirement is violated, or a ruling no longer holds
  2  usage, or a bad script
  3  inconclusive: errors or blocked cases and no violation, or nothing was judged";

/// What the program's exit says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// All is well.
    Conforms,
    /// A requirement is violated, or a ruling is stale.
    Violation,
    /// The arguments or a script are wrong.
    Usage,
    /// Nothing can be said: errors, blocked cases, or nothing was judged.
    Inconclusive,
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
