//! `mailspec run`: suites against a target, judged and reported.
//!
//! [`rerun`] reads what failed the last time, [`watch`] sees which scripts changed.

mod rerun;
mod watch;

use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use self::watch::Watch;
use super::context::{self, Chosen, Stop};
use super::{Status, complain};
use crate::outcome::Listener;
use crate::report::output::{Wanted, write_all};
use crate::report::{self, Collector, Console, Progress, Tracer, Verbosity};
use crate::run::{self, FailFast, Options, Part, Plan, Strictness};
use crate::target::{EmbeddedOptions, Target};

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
    #[arg(long, overrides_with = "keep_going")]
    fail_fast: bool,
    /// Run every case whatever fails; that is the default.
    #[arg(long, overrides_with = "fail_fast")]
    keep_going: bool,
    /// Only the cases that did not pass the last time, as `results.json` in the output folder has it.
    #[arg(long)]
    rerun_failed: bool,
    /// Only one part of the cases, for machines side by side: `1/4`.
    #[arg(long, value_name = "PART/PARTS")]
    partition: Option<Part>,
    /// Say what would run, and what would be skipped and why, and run nothing.
    #[arg(long, conflicts_with_all = ["watch", "trace"])]
    dry_run: bool,
    /// Show the conversation on standard error while it goes on, one case at a time unless --jobs says otherwise.
    #[arg(long)]
    trace: bool,
    /// Stay, and run the cases of a script whenever it is written; needs files or folders.
    #[arg(long, conflicts_with = "rerun_failed")]
    watch: bool,
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
    let mut chosen = context::choose(&args.what, &args.tags, &args.requirements)?;
    if args.rerun_failed {
        let ids = rerun::failed(&args.output)?;
        chosen.plan.keep_ids(&ids);
        if chosen.plan.cases.is_empty() {
            let message = "nothing to run again: of the cases asked for, none failed the last time";
            return Err(Stop::Setup(message.to_owned()));
        }
    }
    if let Some(part) = args.partition {
        chosen.plan.keep(part);
    }
    let watch = if args.watch { Some(watch_what(args)?) } else { None };
    context::block_on(drive(args, chosen, watch))?
}

/// The files and folders to watch.
fn watch_what(args: &Args) -> Result<Watch, Stop> {
    let paths = context::paths_among(&args.what)?;
    if paths.is_empty() {
        return Err(Stop::Usage("--watch needs script files or folders to watch".to_owned()));
    }
    Ok(Watch::new(paths))
}

/// Starts the target, runs what is to be run, and stops the target whatever happens.
async fn drive(args: &Args, chosen: Chosen, watch: Option<Watch>) -> Result<Status, Stop> {
    let target = match &args.target {
        Some(path) => Target::open(path).await?,
        None => {
            let deviations = args.deviations.clone();
            Target::embedded(EmbeddedOptions { deviations, ..EmbeddedOptions::default() }).await?
        }
    };
    let target = Arc::new(target);
    let ended = match target.check_credentials().await {
        Ok(()) => work(args, chosen, watch, &target).await,
        Err(error) => Err(error.into()),
    };
    target.end().await?;
    ended
}

/// What is done with the target while it is up.
async fn work(
    args: &Args,
    chosen: Chosen,
    watch: Option<Watch>,
    target: &Arc<Target>,
) -> Result<Status, Stop> {
    if args.dry_run {
        tell_plan(&chosen.plan, target).await;
        return Ok(Status::Conforms);
    }
    let (mut status, mut ended) = round(args, chosen, target).await?;
    let Some(mut watch) = watch else { return Ok(status) };
    while ended == Ended::Whole {
        let changed = tokio::select! {
            changed = watch.changed() => changed,
            () = context::interrupted() => break,
        };
        match rerun_changed(args, &changed, target).await {
            Ok(round) => (status, ended) = round,
            Err(stop) => status = stop.tell(),
        }
    }
    Ok(status)
}

/// What would run, and what not and why.
async fn tell_plan(plan: &Plan, target: &Arc<Target>) {
    let cases = run::preview(plan, target).await;
    let lines = cases.iter().filter_map(|(planned, fate)| {
        let case = planned.case()?;
        let fate = match fate {
            run::Fate::Runs => report::Fate::Runs("run"),
            run::Fate::RunsAlone => report::Fate::Runs("alone"),
            run::Fate::Skipped(reason) => report::Fate::Skipped(reason),
            run::Fate::NotStarted(reason) => report::Fate::Error(reason),
        };
        Some((case.id.as_str(), case.name.as_str(), fate))
    });
    let text = report::draw_preview(target.name(), lines);
    // Nobody may read any more (`| head`).
    let _ = anstream::stdout().write_all(text.as_bytes());
}

/// Runs the cases of scripts that changed; mistakes in them are for the caller to show.
async fn rerun_changed(
    args: &Args,
    changed: &[PathBuf],
    target: &Arc<Target>,
) -> Result<(Status, Ended), Stop> {
    let what: Vec<String> = changed.iter().map(|path| path.display().to_string()).collect();
    // Nobody may listen on standard error.
    let _ = writeln!(anstream::stderr(), "\nchanged: {}", what.join(", "));
    round(args, context::choose(&what, &args.tags, &args.requirements)?, target).await
}

/// Whether a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Whole,
    Interrupted,
}

/// One run of a plan, with its reports.
async fn round(args: &Args, chosen: Chosen, target: &Arc<Target>) -> Result<(Status, Ended), Stop> {
    let options = options(args, &chosen);
    let mut plan = chosen.plan;
    if let Some(seed) = args.shuffle {
        plan.shuffle(seed);
    }
    plan.cases = std::iter::repeat_n(plan.cases, args.repeat.get()).flatten().collect();
    let collector = Collector::new();
    let progress = if args.trace { Progress::Hidden } else { Progress::Bar };
    let console = Console::new(anstream::stdout(), verbosity(args)).with_progress(progress);
    let mut listeners: [Box<dyn Listener>; 2] = [Box::new(console), Box::new(collector.clone())];
    let ended = tokio::select! {
        _summary = run::run(&plan, target, &options, &mut listeners) => Ended::Whole,
        () = context::interrupted() => {
            complain(format_args!("interrupted; the target is being stopped"));
            Ended::Interrupted
        }
    };
    let collected = collector.take();
    write_all(&collected, &args.output, &args.reports).map_err(|error| Stop::Usage(error.to_string()))?;
    let status = match ended {
        Ended::Interrupted => Status::Inconclusive,
        Ended::Whole => Status::of_run(&collected, options.strictness),
    };
    Ok((status, ended))
}

/// What the arguments say about how to run.
fn options(args: &Args, chosen: &Chosen) -> Options {
    let mut options = Options::new(chosen.levels());
    if args.trace {
        // Two conversations at once would be hard to read.
        options.jobs = 1;
        let tracer = Tracer::new(anstream::stderr());
        options.trace = Some(Arc::new(move |case, line| tracer.line(case, line)));
    }
    if let Some(jobs) = args.jobs {
        options.jobs = jobs.get();
    }
    options.strictness = if args.strict { Strictness::Strict } else { Strictness::Normal };
    options.fail_fast = if args.fail_fast { FailFast::Yes } else { FailFast::No };
    options
}

fn verbosity(args: &Args) -> Verbosity {
    match (args.quiet, args.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    }
}
