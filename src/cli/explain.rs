//! `mailspec explain`: a requirement, a case or a deviation.

use std::process::ExitCode;

use super::{Status, complain};

/// What `mailspec explain` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Does it.
pub(crate) fn run(_args: Args) -> ExitCode {
    complain(format_args!("`mailspec explain` is not built yet"));
    Status::Usage.into()
}
