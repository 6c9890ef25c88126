//! The `mailspec` program: hands its arguments to [`mailspec::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    mailspec::cli::main()
}
