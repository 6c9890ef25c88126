//! `mailspec man`: manual pages, derived from the command line itself.

use std::path::PathBuf;
use std::process::ExitCode;

use super::{Status, complain};

/// What `mailspec man` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write `mailspec.1`, `mailspec-run.1` … into this folder instead of printing the first page.
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// Prints or writes the pages.
pub(crate) fn run(args: Args, command: clap::Command) -> ExitCode {
    let written = match &args.folder {
        None => clap_mangen::Man::new(command).render(&mut std::io::stdout().lock()),
        Some(folder) => {
            std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder))
        }
    };
    match written {
        Ok(()) => Status::Conforms.into(),
        // Whoever reads has seen enough, as in `mailspec man | head`.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Status::Conforms.into(),
        Err(error) => {
            complain(format_args!("cannot write the manual: {error}"));
            Status::Usage.into()
        }
    }
}
