//! Several targets side by side: cases down, targets across.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Results;
use crate::outcome::Verdict;

/// Which cases a matrix shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Cases that did not pass everywhere.
    Differing,
    /// Every case.
    All,
}

/// The matrix as a Markdown table, which reads well on a terminal too: one
/// column a target, a last row with how many of the judged cases passed.
#[must_use]
pub fn render(runs: &[Results], rows: Rows) -> String {
    let mut cases: BTreeMap<&str, Vec<Option<Verdict>>> = BTreeMap::new();
    for (column, run) in runs.iter().enumerate() {
        for case in &run.cases {
            let row = cases.entry(&case.id).or_insert_with(|| vec![None; runs.len()]);
            if let Some(cell) = row.get_mut(column) {
                *cell = Some(case.verdict);
            }
        }
    }
    let mut table =
        vec![std::iter::once("case".to_owned()).chain(runs.iter().map(title)).collect::<Vec<_>>()];
    for (id, row) in &cases {
        if rows == Rows::All || row.iter().any(|verdict| *verdict != Some(Verdict::Pass)) {
            let cells = row.iter().map(|verdict| verdict.map_or("-", Verdict::as_str).to_owned());
            table.push(std::iter::once((*id).to_owned()).chain(cells).collect());
        }
    }
    let passed = runs.iter().map(|run| format!("{} of {}", run.summary.pass, run.summary.judged()));
    table.push(std::iter::once("passed of judged".to_owned()).chain(passed).collect());
    lay_out(&table)
}

fn title(run: &Results) -> String {
    run.target.name.replace('|', "/")
}

fn lay_out(table: &[Vec<String>]) -> String {
    let columns = table.first().map_or(0, Vec::len);
    let width = |column: usize| {
        table.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for (index, row) in table.iter().enumerate() {
        for (cell, width) in row.iter().zip(&widths) {
            // Writing to a String cannot fail.
            let _ = write!(out, "| {cell:width$} ");
        }
        out.push_str("|\n");
        if index == 0 {
            for width in &widths {
                let _ = write!(out, "|-{}-", "-".repeat(*width));
            }
            out.push_str("|\n");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Collected;
    use crate::report::example::case;

    fn run(name: &str, cases: &[(&str, Verdict)]) -> Results {
        Results::from(&Collected {
            target: name.into(),
            cases: cases.iter().map(|(id, verdict)| case(id, *verdict)).collect(),
            ..Collected::default()
        })
    }

    #[test]
    fn cases_stand_side_by_side() {
        let runs = [
            run("one", &[("a/x", Verdict::Pass), ("a/y", Verdict::Pass)]),
            run("two", &[("a/x", Verdict::Pass), ("a/y", Verdict::Fail), ("a/z", Verdict::Skip)]),
        ];
        assert_eq!(
            render(&runs, Rows::Differing),
            "\
| case             | one    | two    |
|------------------|--------|--------|
| a/y              | pass   | fail   |
| a/z              | -      | skip   |
| passed of judged | 2 of 2 | 1 of 2 |
"
        );
        assert!(render(&runs, Rows::All).contains("| a/x "));
    }
}
