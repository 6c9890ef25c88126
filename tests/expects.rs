//! What a profile expects a target to declare: a run says what is gone, and exits as for a ruling
//! that no longer holds.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a panic here is a failed test")]

use std::process::{Command, Output};

#[expect(dead_code, reason = "other tests use the rest")]
mod running;

use running::Running;

/// Runs cases that pass against the server, with these expectations in its profile.
fn run(server: &Running, expects: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let address = |name: &str| {
        let found = server.listeners.iter().find(|(service, _)| service == name);
        found.map(|(_, address)| address.to_string()).unwrap()
    };
    let profile = format!(
        "name: own\ndomain: example.test\nendpoints: {{pop3: '{}', imap: '{}'}}\n\
         accounts: [{{user: alice, secret: alice-secret}}]\nexpects: {expects}\n",
        address("pop3"),
        address("imap")
    );
    std::fs::write(folder.path().join("profile.yaml"), profile).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailspec"));
    command.args(["run", "pop3/uidl", "--target"]).arg(folder.path());
    command.arg("--output").arg(folder.path().join("reports"));
    command.output().unwrap()
}

#[test]
fn what_is_gone_is_told_and_fails_the_run() {
    let server = Running::start(&["--memory", "--without", "UIDPLUS"]);
    let told = run(&server, "{pop3: [UIDL, SASL PLAIN, tls], imap: [IDLE, AUTH=PLAIN]}");
    assert_eq!(told.status.code(), Some(0), "{told:?}");
    let told = run(&server, "{pop3: [UIDL, SASL KERBEROS_V4], imap: [IDLE, UIDPLUS]}");
    let text = String::from_utf8(told.stdout).unwrap();
    assert_eq!(told.status.code(), Some(1), "{text}");
    for gone in ["pop3: SASL KERBEROS_V4", "imap: UIDPLUS"] {
        assert!(text.contains(&format!("no longer declares it: {gone}\n")), "{text}");
    }
    assert!(!text.contains("imap: IDLE") && !text.contains("pop3: UIDL"), "{text}");
}
