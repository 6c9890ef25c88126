//! `mailspec run`: the main job.

use std::process::ExitCode;

use super::{Status, complain};

/// What `mailspec run` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Does it.
pub(crate) fn run(_args: Args) -> ExitCode {
    complain(format_args!("`mailspec run` is not built yet"));
    Status::Usage.into()
}
