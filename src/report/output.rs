//! The files a run leaves: the folder of reports, and reports asked for by name.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::{Collected, Results, json, junit, transcripts};

/// A kind of report file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `results.json`.
    Json,
    /// JUnit XML.
    Junit,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Json, Self::Junit];

    /// Its word on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Junit => "junit",
        }
    }
}

/// A report that is asked for: `json=PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its kind.
    pub kind: Kind,
    /// Where to.
    pub path: PathBuf,
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || Kind::ALL.map(Kind::as_str).join(", ");
        let (kind, path) = text
            .split_once('=')
            .ok_or_else(|| format!("write KIND=PATH, where KIND is one of {}", known()))?;
        let kind = Kind::ALL
            .into_iter()
            .find(|each| each.as_str() == kind)
            .ok_or_else(|| format!("`{kind}` is no kind of report; there are {}", known()))?;
        if path.is_empty() {
            return Err(format!("no path after `{}=`", kind.as_str()));
        }
        Ok(Self { kind, path: path.into() })
    }
}

/// A report that could not be written.
#[derive(Debug)]
pub struct OutputError {
    /// Which file.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

impl fmt::Display for OutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot write {}: {}", self.path.display(), self.error)
    }
}

impl std::error::Error for OutputError {}

/// Writes `results.json`, `junit.xml` and `transcripts/` into a folder, and what else is wanted.
///
/// # Errors
/// The first file that could not be written; the others were tried.
pub fn write_all(run: &Collected, folder: &Path, wanted: &[Wanted]) -> Result<(), OutputError> {
    let results = Results::from(run);
    let mut all = vec![
        Wanted { kind: Kind::Json, path: folder.join("results.json") },
        Wanted { kind: Kind::Junit, path: folder.join("junit.xml") },
    ];
    all.extend_from_slice(wanted);
    let mut first = Ok(());
    for Wanted { kind, path } in all {
        let written = match kind {
            Kind::Json => json::write(&results, &path),
            Kind::Junit => junit::write(run, &path),
        };
        first = first.and(written.map_err(|error| OutputError { path, error }));
    }
    let path = folder.join("transcripts");
    let written = transcripts::write(&run.cases, &path);
    first.and(written.map_err(|error| OutputError { path, error }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Verdict;
    use crate::report::example::case;

    #[test]
    fn a_wanted_report_is_read() {
        let wanted: Wanted = "json=a=b.json".parse().unwrap();
        assert_eq!(wanted, Wanted { kind: Kind::Json, path: "a=b.json".into() });
        assert!("jsn=x".parse::<Wanted>().unwrap_err().contains("json, junit"));
        assert!("json".parse::<Wanted>().unwrap_err().contains("KIND=PATH"));
        assert!("junit=".parse::<Wanted>().is_err());
    }

    #[test]
    fn everything_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let run = Collected { cases: vec![case("a/b", Verdict::Fail)], ..Collected::default() };
        let extra = folder.path().join("extra/x.xml");
        let wanted = [Wanted { kind: Kind::Junit, path: extra.clone() }];
        write_all(&run, &folder.path().join("latest"), &wanted).unwrap();
        for name in ["latest/results.json", "latest/junit.xml", "latest/transcripts/a.b.txt", "extra/x.xml"] {
            assert!(folder.path().join(name).is_file(), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_written_is_named_and_the_rest_is() {
        let folder = tempfile::tempdir().unwrap();
        let blocked = folder.path().join("file");
        std::fs::write(&blocked, "").unwrap();
        let wanted = [Wanted { kind: Kind::Json, path: blocked.join("x.json") }];
        let error = write_all(&Collected::default(), &folder.path().join("out"), &wanted).unwrap_err();
        assert!(error.to_string().contains("x.json"), "{error}");
        assert!(folder.path().join("out/junit.xml").is_file());
    }
}
