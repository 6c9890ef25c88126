//! The command line: one file a subcommand.
//!
//! Parses arguments, hands them to the library, and turns what came of it into
//! an exit [`Status`]. No protocol and no judging here.
//!
//! What a flag says goes before what the environment (`MAILSPEC_*`) says, and
//! that before a target's profile.

mod check;
mod completions;
mod context;
mod explain;
mod list;
mod man;
mod matrix;
mod prove;
mod queue;
mod record;
mod run;
mod schema;
mod serve;
mod status;

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

pub use status::Status;

/// A scriptable conformance harness for SMTP, POP3 and IMAP, with a full reference mail server.
#[derive(Debug, Parser)]
#[command(name = "mailspec", version, about, after_help = status::HELP, disable_help_subcommand = true)]
pub struct Cli {
    /// Never colour the output (NO_COLOR is respected too).
    #[arg(long, global = true, env = "MAILSPEC_NO_COLOR", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    no_color: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run suites against a mail server and judge it; without --target, against the reference server.
    Run(Box<run::Args>),
    /// Start the reference mail server.
    Serve(Box<serve::Args>),
    /// List, retry, hold or drop what waits in the reference server's outgoing queue.
    Queue(queue::Args),
    /// List cases, requirements, deviations or targets.
    List(list::Args),
    /// Explain a requirement, a case or a deviation, and say what covers it.
    Explain(explain::Args),
    /// Check scripts: every mistake of every file, before anything connects.
    Check(check::Args),
    /// Record a session of a mail program as a script that replays it.
    Record(record::Args),
    /// Print the JSON Schema of scripts.
    Schema(schema::Args),
    /// Prove that the suites catch each deviation of the reference server.
    Prove(prove::Args),
    /// Compare the results of several targets side by side.
    Matrix(matrix::Args),
    /// Print completions for a shell.
    Completions(completions::Args),
    /// Print the manual page, or write one page a command into a folder.
    Man(man::Args),
}

/// Parses the program's arguments, does what they ask and gives the exit status.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if cli.no_color {
        anstream::ColorChoice::Never.write_global();
    }
    match cli.command {
        Command::Run(args) => run::run(*args),
        Command::Serve(args) => serve::run(*args),
        Command::Queue(args) => queue::run(&args),
        Command::List(args) => list::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Check(args) => check::run(args),
        Command::Record(args) => record::run(args),
        Command::Schema(args) => schema::run(args),
        Command::Prove(args) => prove::run(args),
        Command::Matrix(args) => matrix::run(args),
        Command::Completions(args) => completions::run(args, Cli::command()),
        Command::Man(args) => man::run(args, Cli::command()),
    }
}

/// Says on standard error what went wrong.
pub(crate) fn complain(message: std::fmt::Arguments<'_>) {
    let style = anstyle::AnsiColor::Red.on_default().bold();
    // Nobody may listen on standard error; then there is nobody to tell.
    let _ = writeln!(anstream::stderr(), "{style}error{style:#}: {message}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_says_what_it_is_for() {
        for command in Cli::command().get_subcommands() {
            assert!(command.get_about().is_some(), "{} has no help", command.get_name());
            for argument in command.get_arguments() {
                assert!(
                    argument.get_help().is_some(),
                    "{} {} has no help",
                    command.get_name(),
                    argument.get_id()
                );
            }
        }
    }
}
