//! `--rerun-failed`: the cases that did not pass the last time.

use std::collections::BTreeSet;
use std::path::Path;

use crate::cli::context::Stop;
use crate::outcome::Verdict;
use crate::report::json;

/// The ids of the cases that failed, were blocked or in error in `FOLDER/results.json`.
///
/// # Errors
/// When there are no results of an earlier run.
pub(super) fn failed(folder: &Path) -> Result<BTreeSet<String>, Stop> {
    let path = folder.join("results.json");
    let results = json::read(&path).map_err(|error| {
        Stop::Usage(format!("--rerun-failed needs the results of a run: {}: {error}", path.display()))
    })?;
    let again = |verdict| matches!(verdict, Verdict::Fail | Verdict::Blocked | Verdict::Error);
    Ok(results.cases.into_iter().filter(|case| again(case.verdict)).map(|case| case.id).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Collected, Results, json};

    #[test]
    fn what_did_not_pass_is_run_again_and_no_results_are_a_mistake() {
        let folder = tempfile::tempdir().unwrap();
        assert!(
            matches!(failed(folder.path()), Err(Stop::Usage(message)) if message.contains("results.json"))
        );
        let cases = Verdict::ALL.map(|verdict| crate::report::example::case(verdict.as_str(), verdict));
        let results = Results::from(&Collected { cases: cases.to_vec(), ..Collected::default() });
        json::write(&results, &folder.path().join("results.json")).unwrap();
        let ids: Vec<String> = failed(folder.path()).unwrap().into_iter().collect();
        assert_eq!(ids, ["blocked", "error", "fail"]);
    }
}
