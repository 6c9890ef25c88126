//! The command line: one file a subcommand.

use std::process::ExitCode;

/// Parses the program's arguments, does what they ask and gives the exit status.
pub fn main() -> ExitCode {
    ExitCode::from(2)
}
