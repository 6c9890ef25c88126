//! A server process of the program under test, on ports and a directory of its own.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// The longest that a server may take to accept connections.
const START: Duration = Duration::from_secs(60);
/// The listeners that are used, each on any free port.
const USED: [&str; 4] = ["smtp", "lmtp", "pop3", "imap"];
/// The others: on their default ports they might meet another server.
const UNUSED: [&str; 4] = ["submission", "submissions", "pop3s", "imaps"];

/// A running server; killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    addresses: HashMap<String, SocketAddr>,
}

/// What a server is started with besides its directory.
#[derive(Default)]
pub(crate) struct Options<'o> {
    pub(crate) arguments: &'o [&'o str],
    /// The account, in place of alice's at example.test.
    pub(crate) account: Option<&'o str>,
    /// Listeners and where they are to be, in place of what they have otherwise.
    pub(crate) listen: &'o [(&'o str, &'o str)],
    pub(crate) environment: &'o [(&'o str, &'o Path)],
    /// How large a file of it may grow, in blocks of 512 octets.
    pub(crate) file_blocks: Option<u32>,
    /// The directory is on a disk of its own of this many megabytes, which is gone with the server.
    pub(crate) disk_megabytes: Option<u32>,
    /// Where its standard error goes, in place of this one's.
    pub(crate) errors: Option<&'o Path>,
}

impl Server {
    /// Starts `mailspec serve` over that directory and waits until it is ready.
    pub(crate) fn start(directory: &Path, options: &Options<'_>) -> Self {
        let program = env!("CARGO_BIN_EXE_mailspec");
        let mut command = match (options.file_blocks, options.disk_megabytes) {
            (Some(blocks), _) => {
                let mut shell = Command::new("sh");
                // The shell counts in blocks of 512 octets (POSIX).
                shell.args(["-c", "ulimit -f \"$1\" && shift && exec \"$@\"", "sh", &blocks.to_string()]);
                shell.arg(program);
                shell
            }
            (None, Some(megabytes)) => {
                let mut disk = on_small_disk(directory, megabytes);
                disk.arg(program);
                disk
            }
            (None, None) => Command::new(program),
        };
        if let Some(path) = options.errors {
            command.stderr(File::options().create(true).append(true).open(path).expect("a file"));
        }
        command.arg("serve").arg("--dir").arg(directory);
        command.args(["--account", options.account.unwrap_or("alice@example.test:alice-secret")]);
        for (listeners, address) in [(USED, "127.0.0.1:0"), (UNUSED, "off")] {
            for listener in listeners {
                let own = options.listen.iter().find(|(name, _)| *name == listener);
                let address = own.map_or(address, |(_, address)| address);
                command.args([&format!("--{listener}"), address]);
            }
        }
        command.args(options.arguments);
        command.envs(options.environment.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the server starts");
        let output = child.stdout.take().expect("its output is piped");
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // Read on when nobody listens any more: a full pipe would stop the server.
                drop(sender.send(line));
            }
        });
        let mut server = Self { child, addresses: HashMap::new() };
        loop {
            let line = lines.recv_timeout(START).expect("the server gets ready");
            if line == "ready" {
                return server;
            }
            let (name, address) = line.split_once(' ').expect("a listener and its address");
            let address = address.parse().expect("an address");
            server.addresses.insert(name.to_owned(), address);
        }
    }

    pub(crate) fn address(&self, listener: &str) -> SocketAddr {
        self.addresses[listener]
    }

    /// A file of its directory, also where that is on a disk of its own.
    #[cfg(target_os = "linux")]
    pub(crate) fn file(&self, directory: &Path, name: &str) -> std::path::PathBuf {
        let root = format!("/proc/{}/root", self.child.id());
        Path::new(&root).join(directory.strip_prefix("/").expect("an absolute path")).join(name)
    }

    /// SIGTERM, and wait until the process is gone, which must be by itself and without complaint.
    pub(crate) fn terminate(&mut self) {
        let pid = self.child.id().to_string();
        // The standard library can only send SIGKILL; the shell sends the rest.
        let sent = Command::new("sh").args(["-c", "kill -TERM \"$1\"", "sh", &pid]).status();
        assert!(sent.expect("a shell").success(), "the process was gone already");
        assert!(self.child.wait().expect("the process ends").success(), "the server ended badly");
    }

    /// SIGKILL, and wait until the process is gone.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("the process is ours");
        self.child.wait().expect("the process ends");
    }
}

/// Runs what is added to it with a small disk over that directory, which nobody else sees.
fn on_small_disk(directory: &Path, megabytes: u32) -> Command {
    let mut command = Command::new("unshare");
    let mount = "mount -t tmpfs -o size=\"$1\" none \"$2\" && shift 2 && exec \"$@\"";
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh", &format!("{megabytes}m")]);
    command.arg(directory);
    command
}

/// Whether there can be such disks here: Linux, and a system that lets everybody have them.
pub(crate) fn has_small_disks(directory: &Path) -> bool {
    on_small_disk(directory, 1).arg("true").status().is_ok_and(|status| status.success())
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been killed before.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
