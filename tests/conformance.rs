//! Every case of the built-in suites against the embedded reference server, as a named test.
//!
//! A case passes when it passes without warnings: the reference server must do what every rule
//! asks, and nothing may stand in the way of asking.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use libtest_mimic::{Arguments, Failed, Trial};
use mailspec::outcome::{CaseOutcome, Listener, Verdict};
use mailspec::report::{Collector, draw_case};
use mailspec::run::{Options, Plan, Selection, run};
use mailspec::target::{EmbeddedOptions, Target};

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // A case mostly waits; more threads than cores keep both busy.
    arguments.test_threads.get_or_insert(8);
    let library = match mailspec::script::built_in() {
        Ok(library) => library,
        Err(mistakes) => {
            eprintln!("{mistakes}");
            return ExitCode::FAILURE;
        }
    };
    let ledger = Arc::clone(&library.ledger);
    let options = Options::new(move |id| ledger.level(id));
    let suites = library.suites.into_iter().map(Arc::new);
    let Ok(plan) = Plan::new(suites, &Selection::default()) else { return ExitCode::FAILURE };
    let stage = Arc::new(Stage::default());
    let trials = plan
        .cases
        .into_iter()
        .map(|planned| {
            let (stage, options) = (Arc::clone(&stage), options.clone());
            let one = Plan { cases: vec![planned.clone()] };
            Trial::test(planned.id().to_owned(), move || judge(&stage.run(one, options)?))
        })
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    stage.close();
    conclusion.exit_code()
}

/// The one server that all cases share, started when the first case needs it.
#[derive(Default)]
struct Stage {
    open: Mutex<Option<Open>>,
}

struct Open {
    runtime: Arc<tokio::runtime::Runtime>,
    target: Arc<Target>,
}

impl Stage {
    fn run(&self, plan: Plan, options: Options) -> Result<Vec<CaseOutcome>, Failed> {
        let (runtime, target) = self.target()?;
        let collector = Collector::new();
        let mut listeners: [Box<dyn Listener>; 1] = [Box::new(collector.clone())];
        runtime.block_on(run(&plan, &target, &options, &mut listeners));
        Ok(collector.take().cases)
    }

    fn target(&self) -> Result<(Arc<tokio::runtime::Runtime>, Arc<Target>), Failed> {
        let mut open = self.open.lock().map_err(|error| error.to_string())?;
        if open.is_none() {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            let program = Some(PathBuf::from(env!("CARGO_BIN_EXE_mailspec")));
            let target =
                runtime.block_on(Target::embedded(EmbeddedOptions { program, ..Default::default() }));
            let target = Arc::new(target.map_err(|error| error.to_string())?);
            *open = Some(Open { runtime: Arc::new(runtime), target });
        }
        let open = open.as_ref().ok_or("no server")?;
        Ok((Arc::clone(&open.runtime), Arc::clone(&open.target)))
    }

    fn close(&self) {
        if let Some(Open { runtime, target }) = self.open.lock().ok().and_then(|mut open| open.take()) {
            let _ = runtime.block_on(target.end());
        }
    }
}

fn judge(outcomes: &[CaseOutcome]) -> Result<(), Failed> {
    match outcomes {
        [outcome] if outcome.verdict == Verdict::Pass => Ok(()),
        [outcome] => Err(anstream::adapter::strip_str(&draw_case(outcome)).to_string().into()),
        _ => Err(format!("{} outcomes of one case", outcomes.len()).into()),
    }
}
