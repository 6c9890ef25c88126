//! Every deviation of the reference server is caught by a case, as a named test.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use mailspec::prove::{Until, prove};
use mailspec::run::{Options, Plan, Selection};
use reference_server::deviation::{Deviation, all};

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Most of the time is waiting for what does not come.
    arguments.test_threads.get_or_insert(4);
    let library = match mailspec::script::built_in() {
        Ok(library) => library,
        Err(mistakes) => {
            eprintln!("{mistakes}");
            return ExitCode::FAILURE;
        }
    };
    let ledger = Arc::clone(&library.ledger);
    let options = Options::new(move |id| ledger.level(id));
    let Ok(plan) = Plan::new(library.suites.into_iter().map(Arc::new), &Selection::default()) else {
        return ExitCode::FAILURE;
    };
    let trials = all()
        .iter()
        .map(|deviation| {
            let (plan, options) = (plan.clone(), options.clone());
            Trial::test(deviation.id, move || is_caught(deviation, &plan, &options))
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn is_caught(deviation: &'static Deviation, plan: &Plan, options: &Options) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let program = Some(PathBuf::from(env!("CARGO_BIN_EXE_mailspec")));
    let proof = runtime
        .block_on(prove(deviation, plan, options, Until::Caught, program))
        .map_err(|error| Failed::from(error.to_string()))?;
    if proof.is_caught() {
        return Ok(());
    }
    Err(format!(
        "{} cases ran and none found {} broken; something else was noticed by {:?}",
        proof.ran,
        deviation.breaks.join(" or "),
        proof.others
    )
    .into())
}
