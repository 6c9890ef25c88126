//! A foreign server's start, stop, restart and kill: commands of its profile, bounded in time.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::process::Command;

use super::TargetError;
use crate::wire::shorten;

/// How long a command may take: a first start may install things.
const COMMAND_TIME: Duration = Duration::from_secs(180);

/// The commands of a profile, run by the shell in the profile's folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commands {
    /// Starts the server.
    pub start: Option<String>,
    /// Stops it in good order.
    pub stop: Option<String>,
    /// Stops and starts it.
    pub restart: Option<String>,
    /// Kills it with SIGKILL; `start` follows.
    pub kill: Option<String>,
    /// How long it may take until it accepts connections.
    pub ready: Option<Duration>,
}

impl Commands {
    /// How long the server may take until it accepts connections.
    #[must_use]
    pub fn ready_time(&self) -> Duration {
        self.ready.unwrap_or(Duration::from_secs(30))
    }
}

/// Runs one command of a profile.
///
/// # Errors
/// When it cannot be run, fails, or does not end in time.
pub(super) async fn run_command(command: &str, folder: &Path) -> Result<(), TargetError> {
    // A file, not a pipe: a server that it leaves running would hold the pipe open for ever.
    let log = LogFile::new();
    let output = || File::options().append(true).create(true).open(&log.0).map(Stdio::from);
    let failed = |why: String| TargetError::Command { command: command.to_owned(), why };
    let mut child = Command::new("sh")
        .arg("-c")
        .arg(command)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(output().map_err(|error| failed(error.to_string()))?)
        .stderr(output().map_err(|error| failed(error.to_string()))?)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    match tokio::time::timeout(COMMAND_TIME, child.wait()).await {
        Err(_) => Err(failed(format!("it did not end within {COMMAND_TIME:?}"))),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(failed(format!("{status}\n{}", log.tail()))),
    }
}

/// Waits until every address accepts a connection.
///
/// # Errors
/// When one does not in time.
pub(super) async fn wait_ready(
    addresses: impl IntoIterator<Item = SocketAddr>,
    within: Duration,
) -> Result<(), TargetError> {
    let deadline = Instant::now() + within;
    for address in addresses {
        while tokio::net::TcpStream::connect(address).await.is_err() {
            if Instant::now() >= deadline {
                return Err(TargetError::NotReady(address, within));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    Ok(())
}

/// What a command printed, in a file that goes with it.
struct LogFile(PathBuf);

impl LogFile {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Self(std::env::temp_dir().join(format!("mailspec-{}-{count}.log", std::process::id())))
    }

    fn tail(&self) -> String {
        let text = std::fs::read(&self.0).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        let from = lines.len().saturating_sub(10);
        let last: Vec<String> = lines.into_iter().skip(from).map(|line| shorten(line, 300)).collect();
        last.join("\n")
    }
}

impl Drop for LogFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_command_that_fails_gives_its_last_words() {
        let error = run_command("echo one; echo two >&2; exit 3", Path::new("/")).await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains("one\ntwo") && text.contains('3'), "{text}");
        assert!(run_command("true", Path::new("/")).await.is_ok());
    }

    #[tokio::test]
    async fn a_server_that_stays_behind_does_not_hold_the_command() {
        let begin = Instant::now();
        assert!(run_command("sleep 20 & true", Path::new("/")).await.is_ok());
        assert!(begin.elapsed() < Duration::from_secs(10));
    }
}
