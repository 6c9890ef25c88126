//! Sessions of Python's mail libraries, recorded: each script is taken by `check` and passes.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a panic here is a failed test")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

fn mailspec() -> Command {
    Command::new(env!("CARGO_BIN_EXE_mailspec"))
}

/// A running recorder, ended with the test.
struct Recorder(Child);

impl Drop for Recorder {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Records one session of `tests/record/SCRIPT.py`, checks it and runs it; `false` without Python.
fn record_and_replay(protocol: &str, python: &str) -> bool {
    if Command::new("python3").arg("--version").output().is_err() {
        let text = "python3 is not here: recordings of its mail libraries were NOT tested\n";
        std::io::stderr().write_all(text.as_bytes()).unwrap();
        return false;
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("recorded.yaml");
    let mut child = mailspec()
        .args(["record", "--protocol", protocol, "--out"])
        .arg(&out)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut recorder = Recorder(child);
    let mut next = || lines.next().expect("the recorder ended").unwrap();
    let alice = next();
    let bob = next();
    assert!(alice.starts_with("alice ") && bob.starts_with("bob "), "{alice} {bob}");
    let listening = next();
    let (host, port) = listening.strip_prefix("listening ").unwrap().rsplit_once(':').unwrap();
    let session = Command::new("python3")
        .arg(format!("tests/record/{python}.py"))
        .args([host, port])
        .args(alice.split(' ').skip(1))
        .output()
        .unwrap();
    assert!(session.status.success(), "{}", String::from_utf8_lossy(&session.stderr));
    assert!(next().starts_with("wrote "));
    assert!(recorder.0.wait().unwrap().success());
    let text = std::fs::read_to_string(&out).unwrap();
    let secret = alice.rsplit(' ').next().unwrap();
    assert!(!text.contains(secret), "the secret is in the script:\n{text}");
    succeeds(mailspec().arg("check").arg(&out), &text);
    let reports = folder.path().join("reports");
    succeeds(mailspec().args(["run", "--strict", "--output"]).arg(&reports).arg(&out), &text);
    assert!(has_judged(&reports), "nothing was judged:\n{text}");
    true
}

fn succeeds(command: &mut Command, script: &str) {
    let output = command.output().unwrap();
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{complained}\n{script}");
}

fn has_judged(reports: &Path) -> bool {
    let results = std::fs::read_to_string(reports.join("results.json")).unwrap();
    results.contains("\"pass\": 1")
}

#[test]
fn a_session_of_imaplib_replays() {
    record_and_replay("imap", "imap");
}

#[test]
fn a_session_of_smtplib_replays() {
    record_and_replay("submission", "smtp");
}

#[test]
fn a_session_of_poplib_replays() {
    record_and_replay("pop3", "pop3");
}
