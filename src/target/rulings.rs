//! A target's known findings as data: `rulings.yaml` beside its profile.

use std::path::Path;
use std::sync::Arc;

use globset::{Glob, GlobMatcher};

use crate::outcome::{Finding, RulingMark};
use crate::requirement::RequirementId;
use crate::source::{Decoder, Diagnostic, Diagnostics, Node, SourceFile, parse};

/// Whose fault a finding is.
const FAULTS: [(&str, &str); 3] = [("server", "server"), ("case", "case"), ("unclear", "unclear")];

/// All rulings of a target.
#[derive(Debug, Clone, Default)]
pub struct Rulings {
    rulings: Vec<Ruling>,
}

/// One ruling.
#[derive(Debug, Clone)]
pub struct Ruling {
    /// The case, or a glob of cases.
    pub case: String,
    matcher: GlobMatcher,
    /// The requirement that is departed from.
    pub requirement: RequirementId,
    /// What was seen.
    pub bytes: String,
    /// Whose fault it is, and why.
    pub mark: RulingMark,
}

impl Rulings {
    /// Reads a file; one that does not exist holds no rulings.
    ///
    /// # Errors
    /// All its mistakes.
    pub fn read(path: &Path) -> Result<Option<Self>, Diagnostics> {
        if !path.exists() {
            return Ok(None);
        }
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                let file = Arc::new(SourceFile::new(path, ""));
                let message = format!("cannot be read: {error}");
                return Err(Diagnostics::new(vec![Diagnostic::error(&file, Default::default(), message)]));
            }
        };
        Self::parse(&Arc::new(SourceFile::new(path, text))).map(Some)
    }

    /// Reads the text of a rulings file.
    ///
    /// # Errors
    /// All its mistakes.
    pub fn parse(file: &Arc<SourceFile>) -> Result<Self, Diagnostics> {
        if file.text().lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
            return Ok(Self::default());
        }
        let node = parse(file).map_err(Diagnostics::new)?;
        let mut decoder = Decoder::new(file);
        let mut rulings = Vec::new();
        for item in decoder.list(&node, "the rulings").unwrap_or_default() {
            rulings.extend(read_ruling(&mut decoder, item));
        }
        let mistakes = decoder.mistakes();
        if mistakes == 0 { Ok(Self { rulings }) } else { Err(decoder.finish()) }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rulings.is_empty()
    }

    /// The ruling that covers a finding of a case.
    #[must_use]
    pub fn find(&self, case: &str, finding: &Finding) -> Option<&RulingMark> {
        self.rulings
            .iter()
            .find(|ruling| ruling.covers(case, &finding.requirement))
            .map(|ruling| &ruling.mark)
    }

    /// Rulings whose case was judged and whose finding did not occur, as `case requirement`.
    #[must_use]
    pub fn stale<'a>(
        &self,
        judged: &[&'a str],
        found: impl Fn(&'a str, &RequirementId) -> bool,
    ) -> Vec<String> {
        let occurs =
            |ruling: &Ruling, case: &&'a str| ruling.is_about(case) && found(case, &ruling.requirement);
        self.rulings
            .iter()
            .filter(|ruling| judged.iter().any(|case| ruling.is_about(case)))
            .filter(|ruling| !judged.iter().any(|case| occurs(ruling, case)))
            .map(|ruling| format!("{} {}", ruling.case, ruling.requirement))
            .collect()
    }
}

impl Ruling {
    fn covers(&self, case: &str, requirement: &RequirementId) -> bool {
        self.requirement == *requirement && self.is_about(case)
    }

    /// Whether it is about a case: its very id, whose brackets are no glob's, or a glob.
    fn is_about(&self, case: &str) -> bool {
        self.case == case || self.matcher.is_match(case)
    }
}

fn read_ruling(decoder: &mut Decoder, node: &Node) -> Option<Ruling> {
    let what = "a ruling";
    let fields = decoder.fields(node, what, &["case", "requirement", "bytes", "fault", "why"])?;
    let mut text = |key: &str| {
        let value = decoder.required(&fields, what, key)?;
        decoder.sentence(value, &format!("`{key}`"))
    };
    let (case, requirement, bytes, why) = (text("case"), text("requirement"), text("bytes"), text("why"));
    let fault =
        decoder.required(&fields, what, "fault").and_then(|value| decoder.choice(value, "fault", &FAULTS));
    let case = case?;
    let matcher = match Glob::new(&case) {
        Ok(glob) => glob.compile_matcher(),
        Err(error) => {
            let span = fields.get("case").map_or(fields.span, |node| node.span);
            decoder.mistake(span, format!("`{case}` is no glob: {}", error.kind()));
            return None;
        }
    };
    Some(Ruling {
        case,
        matcher,
        requirement: RequirementId::new(requirement?),
        bytes: bytes?,
        mark: RulingMark { fault: fault?.to_owned(), why: why? },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Rulings, Diagnostics> {
        Rulings::parse(&Arc::new(SourceFile::new("rulings.yaml", text)))
    }

    const GOOD: &str = "- case: pop3/top/*\n  requirement: rfc1939-7-1\n  bytes: '+OK'\n  fault: server\n  why: it says so\n";

    #[test]
    fn a_ruling_is_stale_only_when_its_case_ran_without_the_finding() {
        let rulings = read(GOOD).unwrap();
        assert!(rulings.stale(&["pop3/list/one"], |_, _| false).is_empty());
        assert_eq!(rulings.stale(&["pop3/top/one"], |_, _| false), ["pop3/top/* rfc1939-7-1"]);
        assert!(rulings.stale(&["pop3/top/one", "pop3/top/two"], |case, _| case.ends_with("two")).is_empty());
    }

    #[test]
    fn a_file_of_comments_holds_no_rulings() {
        assert!(read("# none yet\n\n").unwrap().is_empty());
        assert!(read("[]\n").unwrap().is_empty());
    }

    #[test]
    fn all_mistakes_of_a_ruling_are_told() {
        let mistakes = read("- case: 'a[*'\n  fault: mine\n  bytes: x\n  extra: 1\n").unwrap_err();
        assert_eq!(mistakes.into_iter().count(), 5);
    }
}
