//! Each promise follows the sync. A small C library is loaded into the server
//! and notes writes, syncs and sends in their order; the notes of one command
//! after the other are judged.
//!
//! That the judgement can fail is shown with a server that answers before it
//! commits, and with notes from which the syncs are missing.

mod judge;

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use self::judge::{Event, events, judge};
use crate::client::{Client, Outcome, wait_for_alice};
use crate::process::{Options, Server};

/// A server with the shim in it, and its notes.
struct Watched {
    server: Server,
    notes: PathBuf,
    _directory: TempDir,
}

/// Whether the shim notes syncs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hearing {
    Good,
    Deaf,
}

/// A promise that was made, and the judgement on it.
struct Judged {
    promise: &'static str,
    verdict: Result<(), String>,
}

#[tokio::test]
async fn every_promise_is_sent_after_the_sync() {
    let Some(shim) = shim() else { return };
    let watched = Watched::start(&shim, &[], Hearing::Good);
    let judged = watched.make_all_promises().await.expect("every command succeeds");
    let broken: Vec<_> = judged.iter().filter_map(|one| one.report()).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    println!("{} promises, each sent after the sync", judged.len());
}

#[tokio::test]
async fn a_server_that_answers_before_it_commits_is_found_out() {
    let Some(shim) = shim() else { return };
    let deviation = ["--deviation", "store-answers-before-commit"];
    let watched = Watched::start(&shim, &deviation, Hearing::Good);
    // One promise: such a server is slow to show what it has agreed to.
    let judged = watched.data_promise("250 to DATA", "smtp", "EHLO").await.expect("it is answered");
    assert_all_found_out(&[judged]);
}

#[tokio::test]
async fn a_server_that_never_syncs_is_found_out() {
    let Some(shim) = shim() else { return };
    let watched = Watched::start(&shim, &[], Hearing::Deaf);
    assert_all_found_out(&watched.make_all_promises().await.expect("every command succeeds"));
}

fn assert_all_found_out(judged: &[Judged]) {
    let unnoticed: Vec<_> = judged.iter().filter(|one| one.verdict.is_ok()).map(|one| one.promise).collect();
    assert!(unnoticed.is_empty(), "not found out: {unnoticed:?}");
}

impl Judged {
    fn report(&self) -> Option<String> {
        self.verdict.as_ref().err().map(|why| format!("{}: {why}", self.promise))
    }
}

impl Watched {
    fn start(shim: &Path, arguments: &[&str], hearing: Hearing) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let state = directory.path().join("state");
        std::fs::create_dir(&state).expect("a directory for the server");
        let notes = directory.path().join("notes");
        let mut environment =
            vec![("LD_PRELOAD", shim), ("SYNC_SHIM_LOG", &notes), ("SYNC_SHIM_DIR", &state)];
        if hearing == Hearing::Deaf {
            environment.push(("SYNC_SHIM_DEAF", Path::new("1")));
        }
        let options = Options { arguments, environment: &environment, ..Options::default() };
        let server = Server::start(&state, &options);
        assert!(notes.exists(), "the shim was not loaded");
        Self { server, notes, _directory: directory }
    }

    /// Makes the server promise in every way it can, one command at a time.
    async fn make_all_promises(&self) -> Outcome<Vec<Judged>> {
        let mut judged = vec![
            self.data_promise("250 to DATA", "smtp", "EHLO").await?,
            self.data_promise("250 to DATA of LMTP", "lmtp", "LHLO").await?,
        ];
        self.imap_promises(&mut judged).await?;
        self.pop3_promise(&mut judged).await?;
        Ok(judged)
    }

    async fn data_promise(&self, promise: &'static str, listener: &str, hello: &str) -> Outcome<Judged> {
        wait_for_alice(self.server.address("pop3")).await?;
        let mut client = Client::smtp(self.server.address(listener), hello).await?;
        let mark = self.mark();
        client.deliver("Subject: s\r\n\r\nbody\r\n").await?;
        // The 250s before the 354 promise nothing.
        let events = self.since(mark);
        let data = events
            .iter()
            .position(|event| matches!(event, Event::Send(text) if text.starts_with("354")))
            .ok_or("no 354 was seen")?;
        Ok(Judged { promise, verdict: judge(&events[data + 1..], "250") })
    }

    async fn imap_promises(&self, judged: &mut Vec<Judged>) -> Outcome<()> {
        let mut client = Client::imap(self.server.address("imap")).await?;
        let mark = self.mark();
        let tag = client.append("Subject: a\r\n\r\nbody\r\n").await?;
        judged.push(self.judged("OK to APPEND", mark, &tag));
        for (promise, command) in [
            ("OK to CREATE", Some("CREATE Archive")),
            ("OK to SUBSCRIBE", Some("SUBSCRIBE Archive")),
            ("", None),
            ("OK to STORE", Some("STORE 1 +FLAGS (\\Flagged kept)")),
            ("OK to COPY", Some("COPY 1:2 Archive")),
            ("OK to FETCH that sets \\Seen", Some("FETCH 2 BODY[TEXT]")),
            ("OK to STORE of \\Deleted", Some("STORE 1 +FLAGS.SILENT (\\Deleted)")),
            ("OK to EXPUNGE", Some("EXPUNGE")),
            ("OK to STORE once more", Some("STORE 1 +FLAGS.SILENT (\\Deleted)")),
            ("OK to CLOSE", Some("CLOSE")),
            ("OK to RENAME", Some("RENAME Archive Old")),
            ("OK to UNSUBSCRIBE", Some("UNSUBSCRIBE Archive")),
            ("OK to DELETE", Some("DELETE Old")),
        ] {
            let Some(command) = command else {
                client.imap_command("SELECT INBOX").await?;
                continue;
            };
            let mark = self.mark();
            let tag = client.imap_command(command).await?;
            judged.push(self.judged(promise, mark, &tag));
        }
        Ok(())
    }

    async fn pop3_promise(&self, judged: &mut Vec<Judged>) -> Outcome<()> {
        let mut client = Client::pop3(self.server.address("pop3")).await?;
        client.pop3_command("DELE 1").await?;
        let mark = self.mark();
        client.pop3_command("QUIT").await?;
        let verdict = judge(&self.since(mark), "+OK");
        judged.push(Judged { promise: "+OK to QUIT after DELE", verdict });
        client.closed().await
    }

    fn judged(&self, promise: &'static str, mark: usize, tag: &str) -> Judged {
        let verdict = judge(&self.since(mark), &format!("{tag} OK"));
        Judged { promise, verdict }
    }

    /// Where the notes end now.
    fn mark(&self) -> usize {
        self.read().len()
    }

    /// What happened since the mark. A reply is noted before it is sent, so it
    /// stands there by the time it is read.
    fn since(&self, mark: usize) -> Vec<Event> {
        events(self.read().get(mark..).unwrap_or_default())
    }

    fn read(&self) -> String {
        std::fs::read_to_string(&self.notes).expect("the notes are text")
    }
}

/// The compiled shim, or nothing (and a loud word about it) where it cannot be
/// made: it needs Linux with glibc, and a C compiler.
fn shim() -> Option<PathBuf> {
    if !cfg!(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64")) {
        eprintln!("SKIPPED: the order of syncs and replies can be seen on 64-bit Linux with glibc only");
        return None;
    }
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let library = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("sync-shim-{:?}.so", std::thread::current().id()));
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/durability/order/shim.c");
    let compiled = Command::new(&compiler)
        .args(["-shared", "-fPIC", "-O1", "-Wall", "-o"])
        .arg(&library)
        .args([source, "-ldl"])
        .status();
    match compiled {
        Ok(status) if status.success() => Some(library),
        Ok(status) => panic!("{compiler} fails on the shim: {status}"),
        Err(error) => {
            eprintln!("SKIPPED: no C compiler ({compiler}: {error}), so syncs cannot be seen");
            None
        }
    }
}
