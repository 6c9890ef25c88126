//! `mailspec list`: cases, requirements, deviations, targets.

use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};

use super::{Status, complain};
use crate::script::{self, Library};

/// What `mailspec list` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to list.
    #[arg(value_enum, default_value_t = Kind::Cases)]
    kind: Kind,
    /// Scripts to list cases of and to count as coverage; without any, the suites built in.
    #[arg(value_name = "FILE")]
    paths: Vec<PathBuf>,
    /// How it is shown.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// Cases by id, with what they hold.
    Cases,
    /// Requirements of the ledger, with how many cases judge them.
    Requirements,
    /// Deviations of the reference server.
    Deviations,
    /// Targets below the folder targets/.
    Targets,
}

/// How something is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Does it.
pub(crate) fn run(args: Args) -> ExitCode {
    let library = match script::load(&args.paths) {
        Ok(library) => library,
        Err(mistakes) => {
            complain(format_args!("the scripts have mistakes; `mailspec check` shows them"));
            // As above: without a reader there is nobody to tell.
            let _ = writeln!(anstream::stderr(), "{mistakes}");
            return Status::Usage.into();
        }
    };
    let rows = match args.kind {
        Kind::Cases => cases(&library),
        Kind::Requirements => requirements(&library),
        Kind::Deviations => deviations(),
        Kind::Targets => targets(Path::new("targets")),
    };
    let text = match args.format {
        Format::Json => {
            format!("{:#}\n", Value::from(rows.into_iter().map(|row| row.json).collect::<Vec<_>>()))
        }
        Format::Text => table(&rows),
    };
    // Nobody may read standard output any more; then there is nothing to do about it.
    let _ = anstream::stdout().write_all(text.as_bytes());
    Status::Conforms.into()
}

/// One thing listed: its columns, and the same for programs.
struct Row {
    columns: Vec<String>,
    json: Value,
}

/// Columns padded to the widest, the last one as it is.
fn table(rows: &[Row]) -> String {
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.columns.get(column))
            .map(|text| text.chars().count())
            .max()
            .unwrap_or(0)
    };
    let mut text = String::new();
    for row in rows {
        for (index, column) in row.columns.iter().enumerate() {
            let pad = if index + 1 == row.columns.len() { 0 } else { width(index) + 2 };
            // Writing to a string cannot fail.
            let _ = write!(text, "{column:<pad$}");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

fn cases(library: &Library) -> Vec<Row> {
    let cases = library.suites.iter().flat_map(|suite| suite.cases.iter().map(move |case| (suite, case)));
    cases
        .map(|(suite, case)| {
            let covers: Vec<String> = case.covers().iter().map(ToString::to_string).collect();
            Row {
                columns: vec![case.id.clone(), case.name.clone()],
                json: json!({
                    "id": case.id, "name": case.name, "suite": suite.path, "protocol": suite.protocol.as_str(),
                    "tags": case.tags, "covers": covers,
                    "file": suite.source.path(), "line": suite.source.location(case.span.start).line,
                }),
            }
        })
        .collect()
}

fn requirements(library: &Library) -> Vec<Row> {
    let coverage = library.coverage();
    library
        .ledger
        .iter()
        .map(|row| {
            let cases = coverage.of(&row.id);
            let state = match &row.uncovered {
                Some(reason) if cases.is_empty() => reason.state.as_str().to_owned(),
                _ => match cases.len() {
                    0 => coverage.state(row).as_str().to_owned(),
                    1 => "1 case".to_owned(),
                    count => format!("{count} cases"),
                },
            };
            Row {
                columns: vec![row.id.to_string(), row.level.to_string(), state, row.rule.clone()],
                json: json!({
                    "id": row.id, "level": row.level, "binds": row.binds, "rule": row.rule,
                    "state": coverage.state(row).as_str(), "cases": cases,
                    "why": row.uncovered.as_ref().map(|reason| reason.why.as_str()),
                }),
            }
        })
        .collect()
}

fn deviations() -> Vec<Row> {
    reference_server::deviation::all()
        .iter()
        .map(|deviation| Row {
            columns: vec![deviation.id.to_owned(), deviation.seam.to_string(), deviation.summary.to_owned()],
            json: json!({
                "id": deviation.id, "seam": deviation.seam.name(), "summary": deviation.summary,
                "breaks": deviation.breaks,
            }),
        })
        .collect()
}

/// Folders with a profile; where there are none, the reference server alone.
fn targets(folder: &Path) -> Vec<Row> {
    let row = |name: &str, what: &str| Row {
        columns: vec![name.to_owned(), what.to_owned()],
        json: json!({ "target": name, "what": what }),
    };
    let mut rows = vec![row("(none)", "the embedded reference server")];
    let mut folders: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("profile.yaml").is_file())
        .collect();
    folders.sort();
    rows.extend(folders.iter().map(|path| row(&path.to_string_lossy(), "--target of `mailspec run`")));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other() {
        let row =
            |columns: [&str; 2]| Row { columns: columns.map(str::to_owned).to_vec(), json: Value::Null };
        assert_eq!(table(&[row(["a", "x"]), row(["bbb", "y"])]), "a    x\nbbb  y\n");
    }

    #[test]
    fn everything_built_in_is_listed() {
        let library = script::built_in().unwrap();
        let count: usize = library.suites.iter().map(|suite| suite.cases.len()).sum();
        assert_eq!(cases(&library).len(), count);
        assert_eq!(requirements(&library).len(), library.ledger.len());
        assert_eq!(deviations().len(), reference_server::deviation::all().len());
    }
}
