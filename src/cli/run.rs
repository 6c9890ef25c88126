//! `mailspec run`: suites against a target, judged and reported.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use super::context::{self, Stop};
use super::{Status, complain};
use crate::outcome::Listener;
use crate::report::output::{Wanted, write_all};
use crate::report::{Collected, Collector, Console, Verbosity};
use crate::run::{FailFast, Options, Plan, Strictness};
use crate::target::{EmbeddedOptions, Target, TargetError};

/// What `mailspec run` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Suites (`pop3`, `pop3/update`), cases (`pop3/update/dele-*`), or YAML files and folders;
    /// without any, every suite built in.
    #[arg(value_name = "SUITE|FILE|ID")]
    what: Vec<String>,
    /// The server: a folder with a `profile.yaml`, or a profile; without one, the reference server.
    #[arg(long, value_name = "FOLDER|PROFILE", env = "MAILSPEC_TARGET")]
    target: Option<PathBuf>,
    /// Cases at the same time.
    #[arg(long, short, value_name = "N", env = "MAILSPEC_JOBS")]
    jobs: Option<NonZeroUsize>,
    /// Only cases with one of these tags.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Only cases that judge one of these requirements, or one of a section (`rfc1939-6`).
    #[arg(long = "requirement", value_name = "ID")]
    requirements: Vec<String>,
    /// Write a report: `json=PATH`, `junit=PATH`.
    #[arg(long = "report", value_name = "KIND=PATH")]
    reports: Vec<Wanted>,
    /// The folder for results.json, junit.xml and the transcripts of what did not pass.
    #[arg(long, value_name = "FOLDER", env = "MAILSPEC_OUTPUT", default_value = "reports/latest")]
    output: PathBuf,
    /// A departure from a SHOULD fails the run too.
    #[arg(long, env = "MAILSPEC_STRICT", value_parser = clap::builder::FalseyValueParser::new())]
    strict: bool,
    /// Run the cases in another order, the same one for the same seed.
    #[arg(long, value_name = "SEED")]
    shuffle: Option<u64>,
    /// Run every case so many times.
    #[arg(long, value_name = "N", default_value = "1")]
    repeat: NonZeroUsize,
    /// Stop at the first case that fails or is in error.
    #[arg(long)]
    fail_fast: bool,
    /// Tell the reference server to break a rule (`mailspec list deviations`).
    #[arg(long = "deviation", value_name = "ID", conflicts_with = "target")]
    deviations: Vec<String>,
    /// Say only the summary.
    #[arg(long, short, conflicts_with = "verbose")]
    quiet: bool,
    /// Say what became of each case.
    #[arg(long, short)]
    verbose: bool,
}

/// Runs, reports, and says how it went.
pub(crate) fn run(args: Args) -> ExitCode {
    match prepare_and_run(&args) {
        Ok(status) => status.into(),
        Err(stop) => stop.tell().into(),
    }
}

fn prepare_and_run(args: &Args) -> Result<Status, Stop> {
    context::known_deviations(&args.deviations)?;
    let chosen = context::choose(&args.what, &args.tags, &args.requirements)?;
    let mut options = Options::new(chosen.levels());
    let mut plan = chosen.plan;
    if let Some(seed) = args.shuffle {
        plan.shuffle(seed);
    }
    plan.cases = std::iter::repeat_n(plan.cases, args.repeat.get()).flatten().collect();
    if let Some(jobs) = args.jobs {
        options.jobs = jobs.get();
    }
    options.strictness = if args.strict { Strictness::Strict } else { Strictness::Normal };
    options.fail_fast = if args.fail_fast { FailFast::Yes } else { FailFast::No };

    let collector = Collector::new();
    let mut listeners: [Box<dyn Listener>; 2] =
        [Box::new(Console::new(anstream::stdout(), verbosity(args))), Box::new(collector.clone())];
    let ended = context::block_on(drive(args, &plan, &options, &mut listeners))??;
    let collected = collector.take();
    report(args, &collected)?;
    Ok(match ended {
        Ended::Interrupted => Status::Inconclusive,
        Ended::Whole => Status::of_run(&collected, options.strictness),
    })
}

/// Whether the run came to its end.
enum Ended {
    Whole,
    Interrupted,
}

/// Starts the target, runs the plan, and stops the target whatever happens.
async fn drive(
    args: &Args,
    plan: &Plan,
    options: &Options,
    listeners: &mut [Box<dyn Listener>],
) -> Result<Ended, TargetError> {
    let target = match &args.target {
        Some(path) => Target::open(path).await?,
        None => {
            Target::embedded(EmbeddedOptions { deviations: args.deviations.clone(), program: None }).await?
        }
    };
    let target = Arc::new(target);
    let ended = tokio::select! {
        _summary = crate::run::run(plan, &target, options, listeners) => Ended::Whole,
        () = context::interrupted() => {
            complain(format_args!("interrupted; the target is being stopped"));
            Ended::Interrupted
        }
    };
    target.end().await?;
    Ok(ended)
}

fn report(args: &Args, collected: &Collected) -> Result<(), Stop> {
    write_all(collected, &args.output, &args.reports).map_err(|error| Stop::Usage(error.to_string()))
}

fn verbosity(args: &Args) -> Verbosity {
    match (args.quiet, args.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    }
}
