//! `mailspec check`: mistakes in scripts.

use std::process::ExitCode;

use super::{Status, complain};

/// What `mailspec check` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Does it.
pub(crate) fn run(_args: Args) -> ExitCode {
    complain(format_args!("`mailspec check` is not built yet"));
    Status::Usage.into()
}
