//! A reference server in a process of its own, for a case that restarts or kills it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::TargetError;
use super::account::Account;
use super::embedded::{EmbeddedOptions, endpoint_named};
use super::place::Place;
use super::settings;
use crate::script::model::{Endpoint, Lifecycle, Settings};
use crate::wire::{ClientTls, Trust};

/// How long it may take until it says `ready`, or until it has ended.
const PATIENCE: Duration = Duration::from_secs(20);

/// Octets of one line it prints.
const LINE: u64 = 4096;

/// What a process serves.
#[derive(Debug, Clone, Default)]
pub(super) struct Served {
    /// The domain of its accounts.
    pub(super) domain: String,
    /// The name by which it greets.
    pub(super) hostname: String,
    /// Its accounts.
    pub(super) accounts: Vec<Account>,
    /// Where it hands mail over, as `DOMAIN=HOST:PORT`.
    pub(super) routes: Vec<String>,
    /// Whose client certificates it believes, in PEM.
    pub(super) client_authority: Option<String>,
    /// How it is set.
    pub(super) settings: Settings,
}

/// `mailspec serve` with a state directory of its own; both go when this is dropped.
#[derive(Debug)]
pub(super) struct OwnProcess {
    program: PathBuf,
    arguments: Vec<String>,
    folder: Folder,
    child: Child,
    pub(super) place: Place,
}

impl OwnProcess {
    pub(super) async fn start(options: &EmbeddedOptions, served: &Served) -> Result<Self, TargetError> {
        let program = match &options.program {
            Some(program) => program.clone(),
            None => std::env::current_exe().map_err(|error| TargetError::Start(error.to_string()))?,
        };
        let folder = Folder::make()?;
        let mut arguments = vec!["serve".to_owned(), "--dir".to_owned(), folder.0.display().to_string()];
        for endpoint in Endpoint::ALL {
            arguments.extend([format!("--{}", endpoint.as_str()), "127.0.0.1:0".to_owned()]);
        }
        arguments.extend(["--cram-md5".to_owned(), "--domain".to_owned(), served.domain.clone()]);
        arguments.extend(["--hostname".to_owned(), served.hostname.clone()]);
        for account in &served.accounts {
            arguments.extend(["--account".to_owned(), format!("{}:{}", account.address, account.secret)]);
        }
        for route in &served.routes {
            arguments.extend(["--route".to_owned(), route.clone()]);
        }
        if let Some(pem) = &served.client_authority {
            let file = folder.0.join("client-authority.pem");
            std::fs::write(&file, pem)
                .map_err(|error| TargetError::Start(format!("cannot write {}: {error}", file.display())))?;
            arguments.extend(["--client-ca".to_owned(), file.display().to_string()]);
        }
        let address = |account: &str| format!("{account}@{}", served.domain);
        arguments.extend(settings::arguments(&served.settings, &address));
        for deviation in &options.deviations {
            arguments.extend(["--deviation".to_owned(), deviation.clone()]);
        }
        let (child, place) = spawn(&program, &arguments, &folder.0).await?;
        Ok(Self { program, arguments, folder, child, place })
    }

    /// Ends it one way or the other, and starts it again on the same directory.
    pub(super) async fn restart(&mut self, how: Lifecycle) -> Result<(), TargetError> {
        self.end(how).await?;
        self.start_again().await
    }

    /// Ends it one way or the other.
    pub(super) async fn end(&mut self, how: Lifecycle) -> Result<(), TargetError> {
        match how {
            Lifecycle::Restart => self.terminate().await,
            Lifecycle::Kill => self
                .child
                .kill()
                .await
                .map_err(|error| TargetError::Start(format!("the server cannot be killed: {error}"))),
        }
    }

    /// Starts it on the same directory.
    pub(super) async fn start_again(&mut self) -> Result<(), TargetError> {
        let (child, place) = spawn(&self.program, &self.arguments, &self.folder.0).await?;
        (self.child, self.place) = (child, place);
        Ok(())
    }

    async fn terminate(&mut self) -> Result<(), TargetError> {
        let failed = |why: String| TargetError::Start(format!("the server cannot be stopped: {why}"));
        let Some(pid) = self.child.id() else { return Ok(()) };
        // The standard library can only send SIGKILL; the shell sends the rest.
        let status = Command::new("sh")
            .args(["-c", "kill -TERM \"$1\"", "sh", &pid.to_string()])
            .status()
            .await
            .map_err(|error| failed(error.to_string()))?;
        if !status.success() {
            return Err(failed(status.to_string()));
        }
        match tokio::time::timeout(PATIENCE, self.child.wait()).await {
            Err(_) => Err(failed(format!("it did not end within {PATIENCE:?} of SIGTERM"))),
            Ok(Err(error)) => Err(failed(error.to_string())),
            Ok(Ok(_)) => Ok(()),
        }
    }
}

async fn spawn(program: &Path, arguments: &[String], folder: &Path) -> Result<(Child, Place), TargetError> {
    let failed = |why: String| TargetError::Start(format!("{} serve: {why}", program.display()));
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let stdout = child.stdout.take().ok_or_else(|| failed("no output".to_owned()))?;
    let mut lines = BufReader::new(stdout);
    let addresses = match tokio::time::timeout(PATIENCE, read_addresses(&mut lines)).await {
        Err(_) => return Err(failed(format!("not ready within {PATIENCE:?}"))),
        Ok(Some(addresses)) => addresses,
        Ok(None) => {
            let words = match child.stderr.take() {
                Some(stderr) => last_words(stderr).await,
                None => String::new(),
            };
            return Err(failed(format!("ended before it was ready: {words}")));
        }
    };
    // Whatever it prints later must not fill a pipe and stop it.
    tokio::spawn(async move { tokio::io::copy(&mut lines, &mut tokio::io::sink()).await });
    if let Some(mut stderr) = child.stderr.take() {
        tokio::spawn(async move { tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await });
    }
    let trust = match std::fs::read_to_string(folder.join("ca.pem")) {
        Ok(pem) => Trust::Authority(pem),
        Err(_) => Trust::Any,
    };
    let tls = ClientTls::new(&trust, "localhost").map_err(TargetError::Tls)?;
    Ok((child, Place { addresses: addresses.into_iter().collect(), tls: Some(tls), patience: None }))
}

/// Reads `smtp 127.0.0.1:2525` and so on, up to `ready`; `None` when the output ends before.
async fn read_addresses(lines: &mut (impl AsyncBufRead + Unpin)) -> Option<Vec<(Endpoint, SocketAddr)>> {
    let mut addresses = Vec::new();
    loop {
        let mut line = String::new();
        let count = (&mut *lines).take(LINE).read_line(&mut line).await.ok()?;
        if count == 0 {
            return None;
        }
        match line.trim_end().split_once(' ') {
            None if line.trim_end() == "ready" => return Some(addresses),
            Some((word, address)) => {
                addresses.extend(endpoint_named(word).and_then(|it| Some((it, address.parse().ok()?))));
            }
            None => {}
        }
    }
}

async fn last_words(stderr: impl AsyncRead + Unpin) -> String {
    let mut words = Vec::new();
    let read = async { stderr.take(LINE).read_to_end(&mut words).await };
    let _ = tokio::time::timeout(Duration::from_secs(1), read).await;
    String::from_utf8_lossy(&words).trim().to_owned()
}

/// A directory below the system's temporary one, removed when this is dropped.
#[derive(Debug)]
struct Folder(PathBuf);

impl Folder {
    fn make() -> Result<Self, TargetError> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("mailspec-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path)
            .map_err(|error| TargetError::Start(format!("cannot make {}: {error}", path.display())))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_printed_lines_give_the_addresses() {
        let text = b"smtp 127.0.0.1:2525\nimap 127.0.0.1:2143\nsomething else\nready\n";
        let addresses = read_addresses(&mut &text[..]).await.unwrap();
        assert_eq!(addresses.len(), 2);
        assert_eq!(addresses.first().map(|(endpoint, _)| *endpoint), Some(Endpoint::Smtp));
        assert!(read_addresses(&mut &b"smtp 127.0.0.1:2525\n"[..]).await.is_none());
    }
}
