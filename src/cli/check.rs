//! `mailspec check`: mistakes in scripts, all of them at once, before anything connects.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use super::Status;
use crate::script;
use crate::source::DrawStyle;

/// What `mailspec check` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Scripts, and folders to search for them; without any, the suites built in.
    #[arg(value_name = "FILE")]
    paths: Vec<PathBuf>,
    /// How mistakes are shown.
    #[arg(long, value_enum, default_value_t = super::list::Format::Text)]
    format: super::list::Format,
}

/// Does it.
pub(crate) fn run(args: Args) -> ExitCode {
    let outcome = script::load(&args.paths);
    let (text, status) = match (&outcome, args.format) {
        (Ok(library), super::list::Format::Text) => {
            let cases: usize = library.suites.iter().map(|suite| suite.cases.len()).sum();
            (format!("{} suites, {cases} cases, no mistake\n", library.suites.len()), Status::Conforms)
        }
        (Ok(_), super::list::Format::Json) => ("[]\n".to_owned(), Status::Conforms),
        (Err(mistakes), super::list::Format::Text) => {
            let drawn = mistakes.draw(DrawStyle::Coloured);
            let files = mistakes.files();
            let s = |count: usize| if count == 1 { "" } else { "s" };
            let count = mistakes.len();
            (format!("{drawn}\n\n{count} mistake{} in {files} file{}\n", s(count), s(files)), Status::Usage)
        }
        (Err(mistakes), super::list::Format::Json) => (format!("{:#}\n", mistakes.to_json()), Status::Usage),
    };
    // Nobody may read standard output any more; the exit status still tells.
    let _ = anstream::stdout().write_all(text.as_bytes());
    status.into()
}
