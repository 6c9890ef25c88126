//! `mailspec serve`: the reference server.

use std::process::ExitCode;

use super::{Status, complain};

/// What `mailspec serve` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Does it.
pub(crate) fn run(_args: Args) -> ExitCode {
    complain(format_args!("`mailspec serve` is not built yet"));
    Status::Usage.into()
}
