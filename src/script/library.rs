//! Where suites come from: built into the program, or files and folders on disk.
//!
//! A suite on disk is read from disk. Where it stands below a folder named
//! `suites`, its path is what comes below that, and the ledger rows in
//! `suites/requirements` count beside those built in.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::model::Suite;
use super::read;
use crate::requirement::{Coverage, Ledger};
use crate::source::{Diagnostic, Diagnostics, SourceFile, Span};

/// The most files that one call reads.
const MAX_FILES: usize = 10_000;
/// Folders below `suites` whose files are no suites.
const NO_SUITES: [&str; 2] = ["requirements", "blocks"];
/// The deepest folder below one that was named.
const MAX_DEPTH: usize = 16;
/// The most octets of a file that a message takes in.
const MAX_ATTACHMENT: u64 = 64 * 1024 * 1024;

#[derive(rust_embed::RustEmbed)]
#[folder = "suites/"]
struct BuiltIn;

/// Suites, and the ledger that they cite.
#[derive(Debug, Clone)]
pub struct Library {
    /// The suites, by path.
    pub suites: Vec<Suite>,
    /// What their cases may cite.
    pub ledger: Arc<Ledger>,
}

impl Library {
    /// Which cases judge which requirements.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        let cases = self.suites.iter().flat_map(|suite| &suite.cases);
        Coverage::new(cases.map(|case| (case.id.clone(), case.covers())))
    }
}

/// The suites built into the program.
///
/// # Errors
/// All mistakes in them; a test holds that there are none.
pub fn built_in() -> Result<Library, Diagnostics> {
    let (ledger, mistakes) = Ledger::read_built_in();
    let mut reading = Reading { mistakes: mistakes.into_iter().collect(), suites: BTreeMap::new() };
    let mut names: Vec<_> = BuiltIn::iter().filter(|name| is_suite(Path::new(name.as_ref()))).collect();
    names.sort();
    for name in names {
        let Some(embedded) = BuiltIn::get(&name) else { continue };
        let text = String::from_utf8_lossy(&embedded.data).into_owned();
        let file = Arc::new(SourceFile::new(format!("suites/{name}"), text));
        let folder = Path::new(name.as_ref()).parent().unwrap_or(Path::new(""));
        let surroundings = read::Surroundings {
            attachment: &|wanted| attached_built_in(folder, wanted),
            block: &built_in_block,
        };
        reading.read(&file, name.trim_end_matches(".yaml"), &ledger, surroundings);
    }
    reading.finish(ledger)
}

/// Reads suites from files and folders (searched for `*.yaml`); without any, those built in.
///
/// # Errors
/// All mistakes of all files, and paths that cannot be read.
pub fn load(paths: &[PathBuf]) -> Result<Library, Diagnostics> {
    if paths.is_empty() {
        return built_in();
    }
    let mut reading = Reading::default();
    let mut files = Vec::new();
    for path in paths {
        reading.gather(path, 0, &mut files);
    }
    files.sort();
    files.dedup();
    let mut ledger = Ledger::built_in().clone();
    let mut roots: Vec<PathBuf> = files.iter().filter_map(|path| suites_root(path)).collect();
    roots.sort();
    roots.dedup();
    // A ledger file that is named itself is read with its folder, not as a suite.
    let suite = |path: &PathBuf| {
        let below = |root: PathBuf| NO_SUITES.iter().any(|folder| path.starts_with(root.join(folder)));
        !suites_root(path).is_some_and(below)
    };
    files.retain(suite);
    for root in roots {
        let (rows, mistakes) = Ledger::read(&root.join("requirements"));
        ledger = ledger.overlaid(rows);
        reading.mistakes.extend(mistakes);
    }
    for path in &files {
        reading.read_path(path, &ledger);
    }
    reading.finish(ledger)
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    mistakes: Vec<Diagnostic>,
    /// By path, so that two files cannot have the same.
    suites: BTreeMap<String, Suite>,
}

impl Reading {
    fn unreadable(&mut self, path: &Path, why: &str) {
        let file = Arc::new(SourceFile::new(path, ""));
        let message = format!("{} cannot be read: {why}", path.display());
        self.mistakes.push(Diagnostic::error(&file, Span::new(0, 0), message));
    }

    /// The files at a path: itself, or what a folder holds.
    fn gather(&mut self, path: &Path, depth: usize, files: &mut Vec<PathBuf>) {
        if files.len() >= MAX_FILES {
            return;
        }
        if !path.is_dir() {
            files.push(path.to_owned());
            return;
        }
        if depth > MAX_DEPTH {
            return self.unreadable(path, "it lies too deep");
        }
        match std::fs::read_dir(path) {
            Ok(entries) => {
                let mut entries: Vec<PathBuf> =
                    entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
                entries.sort();
                for entry in entries.iter().filter(|entry| entry.is_dir() || is_suite(entry)) {
                    if entry.file_name().is_none_or(|name| NO_SUITES.iter().all(|folder| name != *folder)) {
                        self.gather(entry, depth + 1, files);
                    }
                }
            }
            Err(error) => self.unreadable(path, &error.to_string()),
        }
    }

    fn read_path(&mut self, path: &Path, ledger: &Ledger) {
        match std::fs::read(path) {
            Ok(octets) => match String::from_utf8(octets) {
                Ok(text) => {
                    let file = Arc::new(SourceFile::new(path, text));
                    let folder = path.parent().unwrap_or(Path::new(""));
                    let root = suites_root(path);
                    let surroundings = read::Surroundings {
                        attachment: &|wanted| attached(folder, wanted),
                        block: &|name| block(root.as_deref(), name),
                    };
                    self.read(&file, &suite_path(path), ledger, surroundings);
                }
                Err(_) => self.unreadable(path, "it is not UTF-8"),
            },
            Err(error) => self.unreadable(path, &error.to_string()),
        }
    }

    fn read(
        &mut self,
        file: &Arc<SourceFile>,
        path: &str,
        ledger: &Ledger,
        surroundings: read::Surroundings<'_>,
    ) {
        match read::read(file, path, ledger, surroundings) {
            Ok(suite) => {
                if let Some(first) = self.suites.get(path) {
                    let message = format!(
                        "the suite `{path}` was read already, from {}",
                        first.source.path().display()
                    );
                    let help =
                        "cases are named by their file's path below `suites/`, else by its name: rename one";
                    self.mistakes.push(Diagnostic::error(file, Span::new(0, 0), message).help(help));
                } else {
                    self.suites.insert(path.to_owned(), suite);
                }
            }
            Err(mistakes) => self.mistakes.extend(mistakes),
        }
    }

    fn finish(self, ledger: Ledger) -> Result<Library, Diagnostics> {
        if self.mistakes.is_empty() {
            Ok(Library { suites: self.suites.into_values().collect(), ledger: Arc::new(ledger) })
        } else {
            Err(Diagnostics::new(self.mistakes))
        }
    }
}

/// Whether a file is a suite by its name, and not one of the ledger's or a block.
fn is_suite(path: &Path) -> bool {
    let other = NO_SUITES.iter().any(|folder| path.starts_with(folder));
    path.extension().is_some_and(|extension| extension == "yaml") && !other
}

/// A block below the folder `suites` of a script, else one built in.
fn block(root: Option<&Path>, name: &str) -> Option<SourceFile> {
    let own = root.and_then(|root| inside(&root.join("blocks"), &format!("{name}.yaml")).ok());
    let read = |path: PathBuf| Some(SourceFile::new(&path, std::fs::read_to_string(&path).ok()?));
    own.and_then(read).or_else(|| built_in_block(name))
}

fn built_in_block(name: &str) -> Option<SourceFile> {
    let octets = attached_built_in(Path::new("blocks"), &format!("{name}.yaml")).ok()?;
    Some(SourceFile::new(format!("suites/blocks/{name}.yaml"), String::from_utf8(octets).ok()?))
}

/// The folder named `suites` above a file, the innermost.
fn suites_root(path: &Path) -> Option<PathBuf> {
    path.ancestors()
        .skip(1)
        .find(|folder| folder.file_name().is_some_and(|name| name == "suites"))
        .map(Path::to_owned)
}

/// `pop3/update` for `…/suites/pop3/update.yaml`; the file's stem where no folder is named `suites`.
fn suite_path(path: &Path) -> String {
    let below = suites_root(path).and_then(|root| path.strip_prefix(root).ok().map(Path::to_owned));
    let name = below.unwrap_or_else(|| PathBuf::from(path.file_name().unwrap_or_default()));
    let words: Vec<String> = name
        .with_extension("")
        .components()
        .filter_map(|component| match component {
            Component::Normal(word) => Some(word.to_string_lossy().into_owned()),
            _ => None,
        })
        .collect();
    words.join("/")
}

/// A path below a folder; one that leads out of it has no place in a script.
fn inside(folder: &Path, wanted: &str) -> Result<PathBuf, String> {
    let wanted = Path::new(wanted);
    if wanted.components().all(|component| matches!(component, Component::Normal(_))) {
        Ok(folder.join(wanted))
    } else {
        Err("it leads out of the script's folder".to_owned())
    }
}

fn attached(folder: &Path, wanted: &str) -> Result<Vec<u8>, String> {
    let path = inside(folder, wanted)?;
    let length = std::fs::metadata(&path).map_err(|error| error.to_string())?.len();
    if length > MAX_ATTACHMENT {
        return Err(format!("it has {length} octets, more than the {MAX_ATTACHMENT} allowed"));
    }
    std::fs::read(&path).map_err(|error| error.to_string())
}

fn attached_built_in(folder: &Path, wanted: &str) -> Result<Vec<u8>, String> {
    let path = inside(folder, wanted)?;
    let name = path.to_string_lossy().replace('\\', "/");
    BuiltIn::get(&name)
        .map(|file| file.data.into_owned())
        .ok_or_else(|| "no such file is built in".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requirement::Binds;

    #[test]
    fn the_suites_built_in_have_no_mistake() {
        let library = match built_in() {
            Ok(library) => library,
            Err(mistakes) => panic!("{mistakes}"),
        };
        for case in library.suites.iter().flat_map(|suite| &suite.cases) {
            for id in case.covers() {
                let row = library.ledger.find(&id).unwrap();
                assert!(row.uncovered.is_none(), "{} covers {id}, which the ledger calls uncovered", case.id);
                // Towards a next hop the target is the client.
                assert!(row.binds != Binds::Client || !case.given.hops.is_empty(), "{id}");
            }
        }
    }

    #[test]
    fn the_path_of_a_suite_begins_below_the_folder_suites() {
        assert_eq!(suite_path(Path::new("/x/suites/pop3/update.yaml")), "pop3/update");
        assert_eq!(suite_path(Path::new("suites/a.yaml")), "a");
        assert_eq!(suite_path(Path::new("mine/a.yaml")), "a");
        assert_eq!(suite_path(Path::new("a.b.yaml")), "a.b");
    }

    #[test]
    fn attachments_stay_in_the_folder() {
        assert!(inside(Path::new("a"), "../b").is_err());
        assert!(inside(Path::new("a"), "/b").is_err());
        assert_eq!(inside(Path::new("a"), "b/c.eml").unwrap(), Path::new("a/b/c.eml"));
    }

    #[test]
    fn a_suite_on_disk_may_cite_the_ledger_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let suites = folder.path().join("suites");
        std::fs::create_dir_all(suites.join("requirements")).unwrap();
        let row = "title: ours\nrequirements: [{id: house-ours, level: should, binds: server, rule: R.}]\n";
        std::fs::write(suites.join("requirements/house.yaml"), row).unwrap();
        let suite = "version: 1\nsuite: s\nprotocol: smtp\ncases:\n  - {id: a, name: n, steps: [{check: {value: a, equals: a, law: house-ours}}]}\n";
        std::fs::write(suites.join("own.yaml"), suite).unwrap();
        let library = load(&[folder.path().to_owned()]).unwrap();
        assert_eq!(library.suites[0].cases[0].id, "own/a");
        // The rows built in are there too, and a ledger file alone is no suite.
        assert!(library.ledger.len() > 1);
        assert!(load(&[suites.join("requirements/house.yaml")]).unwrap().suites.is_empty());
    }

    #[test]
    fn two_files_cannot_be_the_same_suite() {
        let folder = tempfile::tempdir().unwrap();
        let suite = "version: 1\nsuite: s\nprotocol: smtp\ncases:\n  - {id: a, name: n, steps: [{check: {value: a, equals: a, law: rfc1939-6-1}}]}\n";
        for name in ["one", "two"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            std::fs::write(folder.path().join(name).join("x.yaml"), suite).unwrap();
        }
        let mistakes = load(&[folder.path().to_owned()]).unwrap_err();
        assert!(mistakes.iter().next().unwrap().message.contains("read already"), "{mistakes}");
    }

    #[test]
    fn the_first_script_of_the_language_page_has_no_mistake() {
        let page = include_str!("../../docs/script-language.md");
        let script = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let file = Arc::new(SourceFile::new("docs/script-language.md", script));
        let surroundings = read::Surroundings { attachment: &|_| Err(String::new()), block: &|_| None };
        let read = read::read(&file, "pop3/update", Ledger::built_in(), surroundings);
        assert_eq!(read.unwrap().cases[0].id, "pop3/update/dele-without-quit");
    }

    #[test]
    fn a_path_that_cannot_be_read_is_a_mistake() {
        let mistakes = load(&[PathBuf::from("no/such/file.yaml")]).unwrap_err();
        assert!(mistakes.iter().next().unwrap().message.contains("cannot be read"));
    }
}
