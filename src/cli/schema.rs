//! `mailspec schema`: the JSON Schema of scripts.

use std::io::Write;
use std::process::ExitCode;

use super::Status;
use crate::script::schema;

/// What `mailspec schema` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Does it.
pub(crate) fn run(_args: Args) -> ExitCode {
    // Nobody may read standard output any more; then there is nothing to do about it.
    let _ = writeln!(anstream::stdout(), "{:#}", schema());
    Status::Conforms.into()
}
