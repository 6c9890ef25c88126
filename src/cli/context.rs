//! What several subcommands need: the suites that arguments name, a runtime, signals, and
//! reasons to stop early.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::{Status, complain};
use crate::requirement::{Ledger, Level, RequirementId};
use crate::run::{NothingSelected, Plan, Selection};
use crate::script::{self, Library};
use crate::source::{Diagnostics, DrawStyle};
use crate::target::TargetError;

/// How long the runtime may take to end its tasks.
const END: Duration = Duration::from_secs(2);

/// Why a command ends before its work.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Mistakes in files.
    Mistakes(Diagnostics),
    /// Something the user asked for is not there.
    Usage(String),
    /// The target, or this machine.
    Setup(String),
}

impl Stop {
    /// Says on standard error why, and what status follows.
    pub(crate) fn tell(&self) -> Status {
        match self {
            Self::Mistakes(mistakes) => {
                draw(mistakes);
                Status::Usage
            }
            Self::Usage(message) => {
                complain(format_args!("{message}"));
                Status::Usage
            }
            Self::Setup(message) => {
                complain(format_args!("{message}"));
                Status::Inconclusive
            }
        }
    }
}

impl From<Diagnostics> for Stop {
    fn from(mistakes: Diagnostics) -> Self {
        Self::Mistakes(mistakes)
    }
}

impl From<TargetError> for Stop {
    fn from(error: TargetError) -> Self {
        match error {
            TargetError::Profile(mistakes) => Self::Mistakes(mistakes),
            other => Self::Setup(other.to_string()),
        }
    }
}

/// Mistakes on standard error, drawn, coloured where that is read by a person.
pub(crate) fn draw(mistakes: &Diagnostics) {
    use std::io::Write as _;
    // Nobody may listen on standard error.
    let _ = writeln!(anstream::stderr(), "{}", mistakes.draw(DrawStyle::Coloured));
}

/// What the arguments choose.
pub(crate) struct Chosen {
    /// The cases.
    pub(crate) plan: Plan,
    /// The levels of the ledger that their suites cite.
    pub(crate) ledger: Arc<Ledger>,
}

impl Chosen {
    /// The levels, as the runner asks for them.
    pub(crate) fn levels(&self) -> impl Fn(&RequirementId) -> Option<Level> + Send + Sync + 'static {
        let ledger = Arc::clone(&self.ledger);
        move |id| ledger.level(id)
    }
}

/// The cases that arguments name: files and folders on disk, and names of what is built in.
pub(crate) fn choose(what: &[String], tags: &[String], requirements: &[String]) -> Result<Chosen, Stop> {
    let built_in = script::built_in()?;
    let (names, paths) = sort_arguments(what, &built_in);
    let selection = |names: &[String]| Selection {
        names: names.to_vec(),
        tags: tags.to_vec(),
        requirements: requirements.to_vec(),
    };
    let mut plan = Plan::default();
    let mut ledger = Arc::clone(&built_in.ledger);
    if !paths.is_empty() {
        let library = script::load(&paths)?;
        ledger = Arc::clone(&library.ledger);
        plan = plan_of(library, &selection(&[]))?;
    }
    if paths.is_empty() || !names.is_empty() {
        plan.cases.extend(plan_of(built_in, &selection(&names))?.cases);
    }
    Ok(Chosen { plan, ledger })
}

/// The files and folders on disk among the arguments.
pub(crate) fn paths_among(what: &[String]) -> Result<Vec<PathBuf>, Stop> {
    Ok(sort_arguments(what, &script::built_in()?).1)
}

fn plan_of(library: Library, selection: &Selection) -> Result<Plan, Stop> {
    let suites = library.suites.into_iter().map(Arc::new);
    Plan::new(suites, selection).map_err(|NothingSelected(name)| {
        Stop::Usage(format!("`{name}` names no case; `mailspec list cases` shows what there is"))
    })
}

/// Names of suites and cases, and paths. A name that something built in has is a name, even
/// where a folder happens to be called the same.
fn sort_arguments(what: &[String], built_in: &Library) -> (Vec<String>, Vec<PathBuf>) {
    let (mut names, mut paths) = (Vec::new(), Vec::new());
    for word in what {
        let path = Path::new(word);
        let is_file = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        let is_name = || {
            let name = word.trim_end_matches('/');
            let below =
                |id: &str| id.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            built_in
                .suites
                .iter()
                .any(|suite| below(&suite.path) || suite.cases.iter().any(|case| case.id == name))
        };
        if is_file || (path.exists() && !is_name()) {
            paths.push(path.to_owned());
        } else {
            names.push(word.clone());
        }
    }
    (names, paths)
}

/// Refuses a deviation that the reference server does not know.
pub(crate) fn known_deviations(ids: &[String]) -> Result<(), Stop> {
    match ids.iter().find(|id| reference_server::deviation::find(id).is_none()) {
        None => Ok(()),
        Some(unknown) => {
            let known: Vec<&str> =
                reference_server::deviation::all().iter().map(|deviation| deviation.id).collect();
            Err(Stop::Usage(format!("there is no deviation `{unknown}`; there are {}", known.join(", "))))
        }
    }
}

/// Runs a future on a runtime of its own.
pub(crate) fn block_on<F: Future>(future: F) -> Result<F::Output, Stop> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Stop::Setup(format!("cannot start the async runtime: {error}")))?;
    let output = runtime.block_on(future);
    runtime.shutdown_timeout(END);
    Ok(output)
}

/// Returns when the user or the system asks the program to end.
pub(crate) async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut stream) => drop(stream.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminate => {}
        pressed = tokio::signal::ctrl_c() => {
            if pressed.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_names_or_paths() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().display().to_string();
        let built_in = script::built_in().expect("the suites are in order");
        let words = ["pop3".to_owned(), "no/such-*".to_owned(), "my.yaml".to_owned(), here.clone()];
        let (names, paths) = sort_arguments(&words, &built_in);
        assert_eq!(names, ["pop3", "no/such-*"]);
        assert_eq!(paths, [PathBuf::from("my.yaml"), PathBuf::from(here)]);
    }

    #[test]
    fn what_is_not_there_is_a_usage_mistake() {
        let stop = choose(&["no/such".to_owned()], &[], &[]).err();
        assert!(matches!(stop, Some(Stop::Usage(message)) if message.contains("no/such")));
        let stop = known_deviations(&["no-such".to_owned()]).err();
        assert!(matches!(stop, Some(Stop::Usage(message)) if message.contains("smtp-dot-kept")));
    }
}
