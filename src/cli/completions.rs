//! `mailspec completions`: derived from the command line itself.

use std::io::Write;
use std::process::ExitCode;

use super::Status;

/// What `mailspec completions` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell.
    shell: clap_complete::Shell,
}

/// Prints the completions.
pub(crate) fn run(args: Args, mut command: clap::Command) -> ExitCode {
    // Into memory first: a reader that stops early is not our fault.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "mailspec", &mut script);
    let _ = std::io::stdout().lock().write_all(&script);
    Status::Conforms.into()
}
