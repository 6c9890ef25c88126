//! Where mail lies while a bench runs: on a disk, where every server's user gets to, in a folder of
//! this process alone, so that benches side by side do not end each other's servers. It goes with
//! the process; what a killed one has left goes at the next start.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::peers;

const PARENT: &str = "/var/tmp";
const NAME: &str = "mailspec-bench-";

/// The folder of this process.
pub(crate) fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(PARENT).join(format!("{NAME}{}", std::process::id()));
        fs::create_dir_all(&folder).expect("/var/tmp can be written to");
        folder
    })
}

/// Removes the folder when it is dropped.
pub(crate) struct State;

impl State {
    /// Ends what processes that are gone have left running, and removes their folders.
    pub(crate) fn open() -> Self {
        for entry in fs::read_dir(PARENT).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some(pid) = name.strip_prefix(NAME).and_then(|pid| pid.parse::<u32>().ok()) else { continue };
            if !Path::new("/proc").join(pid.to_string()).exists() {
                peers::stop_all(&entry.path());
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        Self
    }
}

impl Drop for State {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(folder());
    }
}
