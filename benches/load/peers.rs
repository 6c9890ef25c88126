//! Other servers, started by the scripts in benches/servers/.

use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use crate::process::Group;
use crate::state;

/// Another server.
pub(crate) struct Peer {
    script: &'static str,
    said: HashMap<String, String>,
}

impl Peer {
    /// Starts it over an empty directory; `None`, with a word on why, where it can not be.
    pub(crate) fn start(script: &'static str, settings: &[(&str, &str)]) -> Option<Self> {
        let name = script.strip_suffix(".sh").unwrap();
        let _ = fs::remove_dir_all(state::folder().join(format!("bench-{name}")));
        Self::start_again(script, settings)
    }

    /// Starts it over what it has.
    pub(crate) fn start_again(script: &'static str, settings: &[(&str, &str)]) -> Option<Self> {
        let said = run(script, "start", settings, state::folder());
        let words = said.lines().filter_map(|line| line.split_once(' '));
        let said: HashMap<_, _> = words.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        if !said.contains_key("pid") {
            eprintln!("{name} is not measured: it does not start (is it installed?)", name = script);
            return None;
        }
        Some(Self { script, said })
    }

    pub(crate) fn address(&self, service: &str) -> SocketAddr {
        self.said[service].parse().unwrap()
    }

    pub(crate) fn group(&self) -> Group {
        Group(self.said["pid"].parse().unwrap())
    }

    pub(crate) fn mail(&self) -> &Path {
        Path::new(&self.said["mail"])
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        run(self.script, "stop", &[], state::folder());
    }
}

/// Ends all servers whose files are in this folder.
pub(crate) fn stop_all(folder: &Path) {
    for script in ["dovecot.sh", "postfix.sh"] {
        run(script, "stop", &[], folder);
    }
}

fn run(script: &str, command: &str, settings: &[(&str, &str)], folder: &Path) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/servers").join(script);
    let settings = settings.iter().copied();
    let output = Command::new(path).arg(command).envs(settings).env("MAILSPEC_STATE", folder).output();
    let output = output.expect("bash is there");
    if command == "start" {
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8_lossy(&output.stdout).into_owned()
}
