//! `mailspec prove`: every deviation of the reference server against the suites, or every judging
//! expectation of the suites against altered replies.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::ExitCode;

use std::sync::Arc;

use anstyle::{AnsiColor, Style};
use reference_server::deviation::{self, Deviation};
use tokio::sync::Semaphore;

use super::Status;
use super::context::{self, Stop};
use crate::prove::replies::{Change, Report, Tried, prove_replies};
use crate::prove::{Proof, Until, prove};
use crate::requirement::RequirementId;
use crate::run::{Options, Plan};

/// What `mailspec prove` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Deviations to prove; without any, all (`mailspec list deviations`).
    #[arg(value_name = "DEVIATION")]
    deviations: Vec<String>,
    /// Alter what the server says instead, one reply at a time, until each judging expectation
    /// has failed once; of these suites, files or cases, without any of all.
    #[arg(long, value_name = "SUITE", num_args = 0.., conflicts_with = "deviations")]
    replies: Option<Vec<String>>,
    /// Name every case that noticed.
    #[arg(long, short)]
    verbose: bool,
}

/// Deviations proved at the same time, each on a server of its own: most of the time is waiting for what
/// does not come.
const AT_ONCE: usize = 4;

/// How many cases stand behind a deviation, unless all are asked for.
const NAMED: usize = 3;

/// Proves, prints a line for each deviation, and exits 1 when one is missed.
pub(crate) fn run(args: Args) -> ExitCode {
    let status = match &args.replies {
        Some(what) => prove_expectations(what, args.verbose),
        None => prove_all(&args),
    };
    match status {
        Ok(status) => status.into(),
        Err(stop) => stop.tell().into(),
    }
}

fn prove_all(args: &Args) -> Result<Status, Stop> {
    context::known_deviations(&args.deviations)?;
    let chosen = context::choose(&[], &[], &[])?;
    let options = Options::new(chosen.levels());
    let deviations: Vec<&'static Deviation> = deviation::all()
        .iter()
        .filter(|each| args.deviations.is_empty() || args.deviations.iter().any(|id| id == each.id))
        .collect();
    context::block_on(in_order(args, &deviations, &chosen.plan, &options))?
}

async fn in_order(
    args: &Args,
    deviations: &[&'static Deviation],
    plan: &Plan,
    options: &Options,
) -> Result<Status, Stop> {
    let mut out = anstream::stdout();
    let width = deviations.iter().map(|deviation| deviation.id.len()).max().unwrap_or(0);
    let until = if args.verbose { Until::TheEnd } else { Until::Caught };
    let mut missed = 0;
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let begin = |deviation: &&'static Deviation| {
        let (deviation, plan, options, turns) =
            (*deviation, plan.clone(), options.clone(), Arc::clone(&turns));
        tokio::spawn(async move {
            let _turn = turns.acquire().await;
            prove(deviation, &plan, &options, until, None).await
        })
    };
    let proofs: Vec<_> = deviations.iter().map(begin).collect();
    for proof in proofs {
        let proof = proof.await.map_err(|error| Stop::Setup(error.to_string()))??;
        missed += usize::from(!proof.is_caught());
        let _ = out.write_all(line(&proof, width, args.verbose).as_bytes()).and_then(|()| out.flush());
    }
    let _ = writeln!(
        out,
        "\n{} deviations: {} caught, {missed} missed",
        deviations.len(),
        deviations.len() - missed
    );
    Ok(if missed == 0 { Status::Conforms } else { Status::Violation })
}

/// `caught  smtp-dot-kept  framer  rfc5321-4.5.2-R2 by smtp/data/… and 2 more`.
fn line(proof: &Proof, width: usize, all: bool) -> String {
    let (style, word): (Style, &str) = if proof.is_caught() {
        (AnsiColor::Green.on_default(), "caught")
    } else {
        (AnsiColor::Red.on_default().bold(), "MISSED")
    };
    let named = if all { usize::MAX } else { NAMED };
    let mut cases: Vec<String> = proof
        .caught
        .iter()
        .take(named)
        .map(|(case, requirement)| format!("{case} ({requirement})"))
        .collect();
    if proof.caught.len() > named {
        cases.push(format!("{} more", proof.caught.len() - named));
    }
    let by = if proof.is_caught() {
        format!("by {}", cases.join(", "))
    } else if proof.others.is_empty() {
        format!("{} cases ran, none noticed; it breaks {}", proof.ran, proof.deviation.breaks.join(", "))
    } else {
        format!("noticed only as something else by {}", proof.others.join(", "))
    };
    format!(
        "{style}{word}{style:#}  {:width$}  {:14}  {by}\n",
        proof.deviation.id,
        proof.deviation.seam.name()
    )
}

fn prove_expectations(what: &[String], all: bool) -> Result<Status, Stop> {
    let chosen = context::choose(what, &[], &[])?;
    let options = Options::new(chosen.levels());
    let report = context::block_on(prove_replies(&chosen.plan, &options, None))??;
    let _ = anstream::stdout().write_all(told(&report, all).as_bytes());
    let blind = report.blind().next().is_some() || !report.unusable.is_empty();
    Ok(if blind { Status::Violation } else { Status::Conforms })
}

/// What altered replies have shown: the expectations that noticed nothing, and the figures.
fn told(report: &Report, all: bool) -> String {
    let mut text = String::new();
    if all {
        report.reached().for_each(|tried| text.push_str(&noticed(tried)));
    }
    for (case, why) in &report.unusable {
        text.push_str(&format!("unusable  {case}  {why}\n"));
    }
    for tried in report.blind() {
        let ids = ids(tried);
        let judging = &tried.judging;
        let kind = format!("{:?}", judging.kind).to_lowercase();
        text.push_str(&format!("BLIND  {}  {ids}  {kind}, {} changes tried\n", judging.site, tried.tries));
    }
    let mut by: BTreeMap<String, usize> = BTreeMap::new();
    for (_, change) in report.reached().filter_map(|tried| tried.seen.as_ref()) {
        *by.entry(Change::to_string(change)).or_default() += 1;
    }
    let mut by: Vec<(String, usize)> = by.into_iter().collect();
    by.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let by: Vec<String> = by.into_iter().map(|(change, count)| format!("{change} {count}")).collect();
    let (reached, blind) = (report.reached().count(), report.blind().count());
    let (judged, seen) = requirements(report);
    text.push_str(&format!(
        "\n{} judging expectations, {reached} come to on the reference server: {} seen to fail, {blind} not\n\
         {judged} requirements judged there, {seen} of them by an expectation that was seen to fail\n\
         {} cases played; noticed: {}\n",
        report.tried.len(),
        reached - blind,
        report.played,
        by.join(", "),
    ));
    text
}

/// `seen  suites/…:12  rfc… by case: change`.
fn noticed(tried: &Tried) -> String {
    match &tried.seen {
        Some((case, change)) => {
            format!("seen  {}  {}  by {case}: {change}\n", tried.judging.site, ids(tried))
        }
        None => String::new(),
    }
}

fn ids(tried: &Tried) -> String {
    let ids: Vec<&str> = tried.judging.requirements.iter().map(RequirementId::as_str).collect();
    ids.join(", ")
}

/// How many requirements are judged, and how many of them by an expectation that was seen to fail.
fn requirements(report: &Report) -> (usize, usize) {
    let of = |tried: &Tried| tried.judging.requirements.clone();
    let judged: BTreeSet<RequirementId> = report.reached().flat_map(of).collect();
    let seen: BTreeSet<RequirementId> =
        report.reached().filter(|tried| tried.seen.is_some()).flat_map(of).collect();
    (judged.len(), seen.len())
}
