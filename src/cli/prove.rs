//! `mailspec prove`: every deviation against the suites.

use std::process::ExitCode;

use super::{Status, complain};

/// What `mailspec prove` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Does it.
pub(crate) fn run(_args: Args) -> ExitCode {
    complain(format_args!("`mailspec prove` is not built yet"));
    Status::Usage.into()
}
