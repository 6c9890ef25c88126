//! `mailspec schema`: the JSON Schema of scripts.

use std::process::ExitCode;

use super::{Status, complain};

/// What `mailspec schema` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Does it.
pub(crate) fn run(_args: Args) -> ExitCode {
    complain(format_args!("`mailspec schema` is not built yet"));
    Status::Usage.into()
}
