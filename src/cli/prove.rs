//! `mailspec prove`: every deviation of the reference server against the suites.

use std::io::Write;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use reference_server::deviation::{self, Deviation};

use super::Status;
use super::context::{self, Stop};
use crate::prove::{Proof, prove};
use crate::run::{Options, Plan};

/// What `mailspec prove` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Deviations to prove; without any, all (`mailspec list deviations`).
    #[arg(value_name = "DEVIATION")]
    deviations: Vec<String>,
    /// Name every case that noticed.
    #[arg(long, short)]
    verbose: bool,
}

/// How many cases stand behind a deviation, unless all are asked for.
const NAMED: usize = 3;

/// Proves, prints a line for each deviation, and exits 1 when one is missed.
pub(crate) fn run(args: Args) -> ExitCode {
    match prove_all(&args) {
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
    context::block_on(one_after_the_other(args, &deviations, &chosen.plan, &options))?
}

async fn one_after_the_other(
    args: &Args,
    deviations: &[&'static Deviation],
    plan: &Plan,
    options: &Options,
) -> Result<Status, Stop> {
    let mut out = anstream::stdout();
    let width = deviations.iter().map(|deviation| deviation.id.len()).max().unwrap_or(0);
    let mut missed = 0;
    for deviation in deviations {
        let proof = prove(deviation, plan, options, None).await?;
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
