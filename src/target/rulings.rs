//! A target's known findings as data: `rulings.yaml` beside its profile, and files that it includes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::{Glob, GlobMatcher};

use crate::outcome::{Finding, RulingMark};
use crate::requirement::RequirementId;
use crate::source::{Decoder, Diagnostic, Diagnostics, Entry, Node, SourceFile, parse};

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
    /// How often it is seen.
    pub occurs: Occurs,
}

/// How often a finding that is ruled is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Occurs {
    /// Whenever its case is judged: a ruling that is not seen is stale.
    #[default]
    Always,
    /// Not in every run, as the server's timing has it: a ruling that is not seen is told, and
    /// one that is seen once needs no second sight.
    Sometimes,
}

impl Rulings {
    /// Reads a file, with those that it includes; one that does not exist holds no rulings.
    ///
    /// # Errors
    /// All their mistakes.
    pub fn read(path: &Path) -> Result<Option<Self>, Diagnostics> {
        if !path.exists() {
            return Ok(None);
        }
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&Arc::new(SourceFile::new(path, text))).map(Some),
            Err(error) => {
                let file = Arc::new(SourceFile::new(path, ""));
                let message = format!("cannot be read: {error}");
                Err(Diagnostics::new(vec![Diagnostic::error(&file, Default::default(), message)]))
            }
        }
    }

    /// Reads the text of a rulings file; what it includes is looked for beside it.
    ///
    /// # Errors
    /// All its mistakes.
    pub fn parse(file: &Arc<SourceFile>) -> Result<Self, Diagnostics> {
        Ok(Self { rulings: read_file(file, &[])? })
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rulings.is_empty()
    }

    /// The ruling that covers a finding of a case; the first one where several do.
    #[must_use]
    pub fn find(&self, case: &str, finding: &Finding) -> Option<&RulingMark> {
        self.ruling(case, finding).map(|ruling| &ruling.mark)
    }

    /// The same with all that is said of it.
    #[must_use]
    pub fn ruling(&self, case: &str, finding: &Finding) -> Option<&Ruling> {
        self.rulings.iter().find(|ruling| ruling.covers(case, &finding.requirement))
    }

    /// Rulings whose case was judged and whose finding did not occur, as `case requirement`;
    /// without those that occur only sometimes.
    #[must_use]
    pub fn stale<'a>(
        &self,
        judged: &[&'a str],
        found: impl Fn(&'a str, &RequirementId) -> bool,
    ) -> Vec<String> {
        self.unseen(Occurs::Always, judged, found)
    }

    /// The same of rulings that occur only sometimes: nothing is wrong with them.
    #[must_use]
    pub fn absent<'a>(
        &self,
        judged: &[&'a str],
        found: impl Fn(&'a str, &RequirementId) -> bool,
    ) -> Vec<String> {
        self.unseen(Occurs::Sometimes, judged, found)
    }

    fn unseen<'a>(
        &self,
        occurs: Occurs,
        judged: &[&'a str],
        found: impl Fn(&'a str, &RequirementId) -> bool,
    ) -> Vec<String> {
        let seen =
            |ruling: &Ruling, case: &&'a str| ruling.is_about(case) && found(case, &ruling.requirement);
        self.rulings
            .iter()
            .filter(|ruling| ruling.occurs == occurs)
            .filter(|ruling| judged.iter().any(|case| ruling.is_about(case)))
            .filter(|ruling| !judged.iter().any(|case| seen(ruling, case)))
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

/// The rulings of a file, in order, those of a file it includes in the place where it does. `within`
/// are the files that include it, the outermost first.
fn read_file(file: &Arc<SourceFile>, within: &[PathBuf]) -> Result<Vec<Ruling>, Diagnostics> {
    if file.text().lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(Vec::new());
    }
    let node = parse(file).map_err(Diagnostics::new)?;
    let mut decoder = Decoder::new(file);
    let mut rulings = Vec::new();
    let within: Vec<PathBuf> = within.iter().cloned().chain([whole(file.path())]).collect();
    for item in decoder.list(&node, "the rulings").unwrap_or_default() {
        let includes = |entries: &[Entry]| entries.iter().any(|entry| entry.key == "include");
        match item.entries().is_some_and(includes) {
            true => rulings.extend(read_included(&mut decoder, item, &within)),
            false => rulings.extend(read_ruling(&mut decoder, item)),
        }
    }
    if decoder.mistakes() == 0 { Ok(rulings) } else { Err(decoder.finish()) }
}

/// `include: ../dovecot/rulings.yaml`, a path from the folder of the file that says so.
fn read_included(decoder: &mut Decoder, node: &Node, within: &[PathBuf]) -> Vec<Ruling> {
    let what = "an included file of rulings";
    let Some(fields) = decoder.fields(node, what, &["include"]) else { return Vec::new() };
    let Some(said) = decoder.required(&fields, what, "include") else { return Vec::new() };
    let Some(text) = decoder.sentence(said, "`include`") else { return Vec::new() };
    let beside = decoder.file().path().parent().map(Path::to_owned).unwrap_or_default();
    let path = beside.join(text);
    if within.contains(&whole(&path)) {
        decoder.mistake(said.span, format!("{} would include itself", path.display()));
        return Vec::new();
    }
    let read = match std::fs::read_to_string(&path) {
        Ok(text) => read_file(&Arc::new(SourceFile::new(&path, text)), within),
        Err(error) => {
            decoder.mistake(said.span, format!("{} cannot be read: {error}", path.display()));
            return Vec::new();
        }
    };
    read.unwrap_or_else(|mistakes| {
        decoder.adopt(mistakes, said.span);
        Vec::new()
    })
}

/// A path by which a file is known again.
fn whole(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

fn read_ruling(decoder: &mut Decoder, node: &Node) -> Option<Ruling> {
    let what = "a ruling";
    let keys = ["case", "requirement", "bytes", "fault", "why", "sometimes"];
    let fields = decoder.fields(node, what, &keys)?;
    let mut text = |key: &str| {
        let value = decoder.required(&fields, what, key)?;
        decoder.sentence(value, &format!("`{key}`"))
    };
    let (case, requirement, bytes, why) = (text("case"), text("requirement"), text("bytes"), text("why"));
    let fault =
        decoder.required(&fields, what, "fault").and_then(|value| decoder.choice(value, "fault", &FAULTS));
    let sometimes = fields.get("sometimes").and_then(|value| decoder.boolean(value, "`sometimes`"));
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
        occurs: if sometimes == Some(true) { Occurs::Sometimes } else { Occurs::Always },
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

    #[test]
    fn a_ruling_that_occurs_only_sometimes_is_absent_and_never_stale() {
        let rulings = read(&format!("{GOOD}  sometimes: true\n")).unwrap();
        assert!(rulings.stale(&["pop3/top/one"], |_, _| false).is_empty());
        assert_eq!(rulings.absent(&["pop3/top/one"], |_, _| false), ["pop3/top/* rfc1939-7-1"]);
        assert!(rulings.absent(&["pop3/top/one"], |_, _| true).is_empty());
        assert!(rulings.absent(&["pop3/list/one"], |_, _| false).is_empty());
        assert!(read(&format!("{GOOD}  sometimes: often\n")).is_err());
    }

    #[test]
    fn an_included_file_s_rulings_are_as_if_they_stood_here() {
        let folder = tempfile::tempdir().unwrap();
        let (own, others) = (folder.path().join("own"), folder.path().join("others"));
        std::fs::create_dir_all(&own).unwrap();
        std::fs::create_dir_all(&others).unwrap();
        std::fs::write(others.join("rulings.yaml"), GOOD).unwrap();
        let path = own.join("rulings.yaml");
        let mine = GOOD.replace("pop3/top/*", "pop3/uidl/one");
        std::fs::write(&path, format!("- include: ../others/rulings.yaml\n{mine}")).unwrap();
        let rulings = Rulings::read(&path).unwrap().unwrap();
        // Whose case is not run is not stale, included or not.
        assert_eq!(rulings.stale(&["pop3/uidl/one"], |_, _| false), ["pop3/uidl/one rfc1939-7-1"]);
        assert_eq!(rulings.stale(&["pop3/top/x"], |_, _| false), ["pop3/top/* rfc1939-7-1"]);
    }

    #[test]
    fn mistakes_of_an_included_file_are_told_with_the_place_that_includes_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rulings.yaml");
        std::fs::write(folder.path().join("bad.yaml"), "- case: a/b\n").unwrap();
        std::fs::write(&path, "- include: bad.yaml\n- include: none.yaml\n- include: rulings.yaml\n")
            .unwrap();
        let mistakes = Rulings::read(&path).unwrap_err();
        let told = |part: &str| mistakes.iter().filter(|one| one.message.contains(part)).count();
        assert!(mistakes.iter().any(|one| one.file.path().ends_with("bad.yaml") && !one.used_at.is_empty()));
        assert!(told("cannot be read") == 1 && told("include itself") == 1, "{mistakes:?}");
    }
}
