//! `--watch`: which script files changed.
//!
//! Asks the file system a few times a second for times and sizes: that works on every file
//! system, and there are hundreds of scripts at most, not thousands.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_millis(300);

/// The deepest folder that is looked into, and the most files.
const MAX_DEPTH: usize = 16;
const MAX_FILES: usize = 10_000;

/// A file as it was when it was looked at.
type Mark = (Option<SystemTime>, u64);

/// Script files and folders that are watched.
#[derive(Debug)]
pub(super) struct Watch {
    paths: Vec<PathBuf>,
    known: BTreeMap<PathBuf, Mark>,
}

impl Watch {
    /// Watches from now on.
    pub(super) fn new(paths: Vec<PathBuf>) -> Self {
        let known = marks(&paths);
        Self { paths, known }
    }

    /// Waits until files were written or came into being, and gives them.
    pub(super) async fn changed(&mut self) -> Vec<PathBuf> {
        loop {
            tokio::time::sleep(LOOK).await;
            let changed = self.look();
            if !changed.is_empty() {
                return changed;
            }
        }
    }

    /// The files that changed since the last look.
    fn look(&mut self) -> Vec<PathBuf> {
        let now = marks(&self.paths);
        let changed = now
            .iter()
            .filter(|(path, mark)| self.known.get(*path) != Some(mark))
            .map(|(path, _)| path.clone());
        let changed = changed.collect();
        self.known = now;
        changed
    }
}

fn marks(paths: &[PathBuf]) -> BTreeMap<PathBuf, Mark> {
    let mut marks = BTreeMap::new();
    for path in paths {
        gather(path, 0, &mut marks);
    }
    marks
}

/// A file that is named counts whatever its name; in a folder, YAML files do.
fn gather(path: &Path, depth: usize, marks: &mut BTreeMap<PathBuf, Mark>) {
    let Ok(metadata) = fs::metadata(path) else { return };
    let is_script = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    if metadata.is_file() && (depth == 0 || is_script) && marks.len() < MAX_FILES {
        marks.insert(path.to_owned(), (metadata.modified().ok(), metadata.len()));
    } else if metadata.is_dir() && depth < MAX_DEPTH {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        entries.for_each(|entry| gather(&entry.path(), depth + 1, marks));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_written_is_told_and_only_once() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("one.yaml"), folder.path().join("below/two.yaml"));
        fs::create_dir(folder.path().join("below")).unwrap();
        fs::write(&one, "a").unwrap();
        fs::write(folder.path().join("notes.txt"), "a").unwrap();
        let mut watch = Watch::new(vec![folder.path().to_owned()]);
        assert!(watch.look().is_empty());
        fs::write(&one, "longer").unwrap();
        fs::write(&two, "new").unwrap();
        fs::write(folder.path().join("notes.txt"), "longer").unwrap();
        assert_eq!(watch.look(), [two, one.clone()]);
        fs::remove_file(&one).unwrap();
        assert!(watch.look().is_empty());
    }
}
