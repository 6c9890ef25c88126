//! The whole conversation of each case that did not pass, as text files.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::Path;

use super::file::write_atomically;
use super::text::printable;
use crate::outcome::{CaseOutcome, Direction, TranscriptLine, Verdict};

/// Writes `FOLDER/ID.txt` for each case that warns, fails, is blocked or in
/// error, and removes what an earlier run left there.
///
/// # Errors
/// When a file or folder cannot be written.
pub fn write(cases: &[CaseOutcome], folder: &Path) -> io::Result<()> {
    remove_old(folder)?;
    for case in cases.iter().filter(|case| !matches!(case.verdict, Verdict::Pass | Verdict::Skip)) {
        write_atomically(&folder.join(file_name(&case.id)), render(case).as_bytes())?;
    }
    Ok(())
}

/// Removes the transcripts of an earlier run, and nothing else: the folder may be anyone's.
fn remove_old(folder: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// A file name that no id can lead out of the folder.
fn file_name(id: &str) -> String {
    let safe: String = id
        .chars()
        .map(|character| match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' => character,
            _ => '.',
        })
        .take(200)
        .collect();
    format!("{}.txt", safe.trim_start_matches('.'))
}

/// The transcript as text: time since the case began, connection, speaker, line.
#[must_use]
pub fn render(case: &CaseOutcome) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}  {}\n{}", case.verdict, case.id, printable(&case.name));
    if let Some(reason) = &case.reason {
        let _ = writeln!(out, "reason: {}", printable(reason));
    }
    for finding in &case.findings {
        let _ = writeln!(
            out,
            "{} ({}) {}:{}: expected {}, got {}",
            finding.requirement,
            finding.level,
            finding.file,
            finding.line,
            printable(&finding.expected),
            printable(&finding.actual),
        );
    }
    out.push('\n');
    let width = case.transcript.iter().map(|line| line.connection.chars().count()).max().unwrap_or(0);
    for line in &case.transcript {
        let _ = writeln!(out, "{}", render_line(line, width));
    }
    out
}

fn render_line(line: &TranscriptLine, width: usize) -> String {
    let speaker = match line.direction {
        Direction::Client => "C:",
        Direction::Server => "S:",
        Direction::Note => "--",
    };
    format!(
        "{:>9.3} {:width$} {speaker} {}",
        line.at.as_secs_f64(),
        printable(&line.connection),
        printable(&line.text)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example::case;

    #[test]
    fn one_file_for_each_case_that_did_not_pass() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("transcripts");
        let cases = [case("a/b/one", Verdict::Fail), case("a/b/two", Verdict::Pass)];
        write(&cases, &folder).unwrap();
        let text = fs::read_to_string(folder.join("a.b.one.txt")).unwrap();
        assert!(text.contains("0.001 main -- connected"), "{text}");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        // The next run passes: nothing of the old one stays.
        write(&[], &folder).unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    }

    #[test]
    fn no_id_leads_out_of_the_folder() {
        assert_eq!(file_name("../../etc/passwd"), "etc.passwd.txt");
        assert_eq!(file_name("imap/fetch/ok-1"), "imap.fetch.ok-1.txt");
    }
}
