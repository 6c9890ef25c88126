//! `mailspec schema`: the JSON Schema of scripts, or the reference of the language.

use std::io::Write;
use std::process::ExitCode;

use super::Status;
use crate::script::construct;

/// What `mailspec schema` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The reference of the language in Markdown in place of the schema.
    #[arg(long)]
    docs: bool,
}

/// Does it.
pub(crate) fn run(args: Args) -> ExitCode {
    let text = if args.docs { construct::reference() } else { format!("{:#}\n", construct::schema()) };
    // Nobody may read standard output any more; then there is nothing to do about it.
    let _ = anstream::stdout().write_all(text.as_bytes());
    Status::Conforms.into()
}
