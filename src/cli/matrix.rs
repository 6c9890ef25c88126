//! `mailspec matrix`: several targets side by side, from their results files.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use super::{Status, complain};
use crate::report::matrix::{Rows, render};
use crate::report::{Results, json};

/// What `mailspec matrix` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Results files of runs (`--report json=PATH`), one a target.
    #[arg(required = true, value_name = "RESULTS")]
    results: Vec<PathBuf>,
    /// Show the cases that passed everywhere, too.
    #[arg(long)]
    all: bool,
}

/// Prints the matrix as a Markdown table.
pub(crate) fn run(args: Args) -> ExitCode {
    let mut runs: Vec<Results> = Vec::new();
    let mut unreadable = false;
    for path in &args.results {
        match json::read(path) {
            Ok(results) => runs.push(results),
            Err(error) => {
                complain(format_args!("{}: {error}", path.display()));
                unreadable = true;
            }
        }
    }
    if unreadable {
        return Status::Usage.into();
    }
    let rows = if args.all { Rows::All } else { Rows::Differing };
    let _ = anstream::stdout().write_all(render(&runs, rows).as_bytes());
    Status::Conforms.into()
}
