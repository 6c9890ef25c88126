//! The plan of a run as text: what would run, and what is skipped and why.

use std::fmt::Write;

use super::text::printable;

const DIM: anstyle::Style = anstyle::Style::new().dimmed();

/// The plan: each case's id and sentence with what stands before it (`run`, `alone`), or the
/// reason why it is skipped, and a line that counts them.
#[must_use]
pub fn draw_preview<'a>(
    target: &str,
    cases: impl IntoIterator<Item = (&'a str, &'a str, Fate<'a>)>,
) -> String {
    let mut out = String::new();
    let (mut run, mut skipped, mut errors) = (0, 0, 0);
    for (id, name, fate) in cases {
        // Writing to a String cannot fail.
        let _ = match fate {
            Fate::Runs(how) => {
                run += 1;
                writeln!(out, "{how:<5} {id}  {DIM}{}{DIM:#}", printable(name))
            }
            Fate::Skipped(reason) => {
                skipped += 1;
                writeln!(out, "skip  {id}  {DIM}{}{DIM:#}", printable(reason))
            }
            Fate::Error(reason) => {
                errors += 1;
                writeln!(out, "error {id}  {DIM}{}{DIM:#}", printable(reason))
            }
        };
    }
    let errors = if errors > 0 { format!(", {errors} would be errors") } else { String::new() };
    let target = printable(target);
    let _ = writeln!(out, "\n{run} would run, {skipped} would be skipped{errors}; {target}");
    out
}

/// What would become of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate<'a> {
    /// It runs, in this way: `run`, or `alone`.
    Runs(&'a str),
    /// It does not, for this reason.
    Skipped(&'a str),
    /// It cannot, for this reason, which is no fault of the target's.
    Error(&'a str),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_case_stands_with_its_fate_and_all_are_counted() {
        let cases = [
            ("a/b", "it holds", Fate::Runs("run")),
            ("a/c", "it lasts", Fate::Runs("alone")),
            ("a/d", "it moves", Fate::Skipped("imap does not declare MOVE")),
        ];
        let drawn = anstream::adapter::strip_str(&draw_preview("mine", cases)).to_string();
        let wanted = "run   a/b  it holds\nalone a/c  it lasts\nskip  a/d  imap does not declare MOVE\n\n\
                      2 would run, 1 would be skipped; mine\n";
        assert_eq!(drawn, wanted);
    }
}
