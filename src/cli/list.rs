//! `mailspec list`: cases, requirements, deviations, targets.

use std::process::ExitCode;

use super::{Status, complain};

/// What `mailspec list` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Does it.
pub(crate) fn run(_args: Args) -> ExitCode {
    complain(format_args!("`mailspec list` is not built yet"));
    Status::Usage.into()
}
