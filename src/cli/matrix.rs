//! `mailspec matrix`: several targets side by side.

use std::process::ExitCode;

use super::{Status, complain};

/// What `mailspec matrix` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Does it.
pub(crate) fn run(_args: Args) -> ExitCode {
    complain(format_args!("`mailspec matrix` is not built yet"));
    Status::Usage.into()
}
