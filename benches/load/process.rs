//! Servers as processes: the reference server is started here, and what any of them uses is read
//! from /proc.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::state;

/// Ticks of the clock in which /proc counts.
const TICKS: f64 = 100.0;

/// A group of processes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Group(pub(crate) u32);

impl Group {
    /// Seconds of CPU that it has used, with those of processes that have ended.
    pub(crate) fn cpu(self) -> f64 {
        let mut ticks = 0;
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
            let Some((_, rest)) = stat.rsplit_once(") ") else { continue };
            let fields: Vec<&str> = rest.split(' ').collect();
            if fields.get(2).and_then(|group| group.parse().ok()) == Some(self.0) {
                // utime and stime; and of the first, those of its children that are gone.
                let count = if entry.file_name().to_str() == Some(&self.0.to_string()) { 4 } else { 2 };
                ticks +=
                    fields.iter().skip(11).take(count).filter_map(|f| f.parse::<u64>().ok()).sum::<u64>();
            }
        }
        ticks as f64 / TICKS
    }

    /// What the first process holds in memory now, and the most that it held, in KiB.
    pub(crate) fn memory(self) -> (u64, u64) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0)).unwrap();
        let field = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
        };
        (field("VmRSS:"), field("VmHWM:"))
    }

    /// The most that it held begins anew.
    pub(crate) fn forget_peak(self) {
        fs::write(format!("/proc/{}/clear_refs", self.0), "5").unwrap();
    }
}

/// The reference server in a directory of its own.
pub(crate) struct Reference {
    child: Child,
    ports: HashMap<String, SocketAddr>,
    directory: PathBuf,
}

impl Reference {
    /// Starts it with these arguments, over an empty directory.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let directory = state::folder().join("reference");
        let _ = fs::remove_dir_all(&directory);
        Self::start_over(directory, arguments)
    }

    fn start_over(directory: PathBuf, arguments: &[&str]) -> Self {
        // `MAILSPEC_BENCH_UNDER="perf record -g --"` runs it under a profiler.
        let under = std::env::var("MAILSPEC_BENCH_UNDER").unwrap_or_default();
        let mut words = under.split_ascii_whitespace().chain([env!("CARGO_BIN_EXE_mailspec")]);
        let mut command = Command::new(words.next().unwrap());
        command.args(words).arg("serve").arg("--dir").arg(&directory);
        for service in ["smtp", "lmtp", "pop3", "imap"] {
            command.args([format!("--{service}"), "0".to_owned()]);
        }
        for service in ["submission", "submissions", "pop3s", "imaps"] {
            command.args([format!("--{service}"), "off".to_owned()]);
        }
        command.args(arguments).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the server starts");
        let mut ports = HashMap::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
            if line == "ready" {
                break;
            }
            if let Some((service, address)) = line.split_once(' ')
                && let Ok(address) = address.parse()
            {
                ports.insert(service.to_owned(), address);
            }
        }
        Self { child, ports, directory }
    }

    pub(crate) fn address(&self, service: &str) -> SocketAddr {
        self.ports[service]
    }

    pub(crate) fn group(&self) -> Group {
        Group(self.child.id())
    }

    /// Seconds of CPU of the server.
    pub(crate) fn cpu(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        fields[11..13].iter().map(|field| field.parse::<f64>().unwrap()).sum::<f64>() / TICKS
    }

    /// How large its files are, in octets.
    pub(crate) fn disk(&self, file: &str) -> u64 {
        fs::metadata(self.directory.join(file)).map_or(0, |metadata| metadata.len())
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}
