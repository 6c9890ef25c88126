//! `results.json`: for machines, with a version.

use std::io;
use std::path::Path;

use super::Results;
use super::file::write_atomically;

/// Writes the results.
///
/// # Errors
/// When the file cannot be written.
pub fn write(results: &Results, path: &Path) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(results)?;
    text.push(b'\n');
    write_atomically(path, &text)
}

/// Reads results that an earlier run wrote.
///
/// # Errors
/// When the file cannot be read, is no results file, or has another version.
pub fn read(path: &Path) -> io::Result<Results> {
    let text = std::fs::read(path)?;
    let results: Results = serde_json::from_slice(&text)?;
    if results.schema != super::SCHEMA {
        let message = format!("schema {} where this program reads {}", results.schema, super::SCHEMA);
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok(results)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{RulingMark, Verdict};
    use crate::report::Collected;
    use crate::report::example::case;

    fn example() -> Results {
        let mut failing = case("imap/uidplus/copy", Verdict::Warn);
        failing.findings[0].ruling = Some(RulingMark { fault: "server".into(), why: "old".into() });
        Results::from(&Collected {
            target: "example".into(),
            software: None,
            cases: vec![failing, case("imap/uidplus/skipped", Verdict::Skip)],
            summary: None,
        })
    }

    #[test]
    fn the_format_is_the_documented_one() {
        let value = serde_json::to_value(example()).unwrap();
        assert_eq!(
            value,
            serde_json::json!({
                "schema": 1,
                "target": {"name": "example", "software": null},
                "summary": {"pass": 0, "warn": 1, "fail": 0, "blocked": 0, "skip": 1, "error": 0},
                "cases": [
                    {
                        "id": "imap/uidplus/copy", "suite": "imap/uidplus", "name": "something holds",
                        "verdict": "warn", "covers": ["rfc4315-3-1"],
                        "findings": [{
                            "requirement": "rfc4315-3-1", "level": "should",
                            "expected": "OK [COPYUID 1 1:2 3:4]", "actual": "a3 OK COPY completed",
                            "file": "suites/imap/uidplus.yaml", "line": 23,
                            "ruling": {"fault": "server", "why": "old"}
                        }],
                        "reason": null, "duration_ms": 12
                    },
                    {
                        "id": "imap/uidplus/skipped", "suite": "imap/uidplus", "name": "something holds",
                        "verdict": "skip", "covers": ["rfc4315-3-1"], "findings": [],
                        "reason": "not declared: UIDPLUS", "duration_ms": 12
                    }
                ]
            })
        );
    }

    #[test]
    fn what_is_written_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.json");
        write(&example(), &path).unwrap();
        assert_eq!(read(&path).unwrap(), example());
    }

    #[test]
    fn another_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.json");
        write(&Results { schema: 2, ..example() }, &path).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("schema 2"));
    }
}
