//! `mailspec serve` as its users meet it: what it prints, what it refuses, how it ends.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a panic here is a failed test")]

use std::io::{Read, Write};
use std::process::Command;

mod running;

use running::{Running, SERVICES, converse, read_line, serve};

#[test]
fn one_line_a_listener_in_order_and_greetings_behind_them() {
    let server = Running::start(&["--memory"]);
    let order: Vec<_> = server.listeners.iter().map(|(service, _)| service.as_str()).collect();
    assert_eq!(order, SERVICES);
    let greetings = [("smtp", "220 mail.example.test "), ("lmtp", "220 "), ("pop3", "+OK"), ("imap", "* OK")];
    for (service, greeting) in greetings {
        let line = read_line(&server.connect(service));
        assert!(line.starts_with(greeting), "{service}: {line}");
    }
}

#[cfg(unix)]
#[test]
fn sigterm_is_told_to_clients_and_ends_with_status_zero() {
    let mut server = Running::start(&["--memory"]);
    let client = server.connect("smtp");
    assert!(read_line(&client).starts_with("220 "));
    let killed = Command::new("kill").arg(server.child.id().to_string()).status().unwrap();
    assert!(killed.success());
    assert!(read_line(&client).starts_with("421 4.3.2 "));
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

#[test]
fn mail_outlives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("state");
    let arguments = ["--dir", state.to_str().unwrap(), "--account", "carol@example.test:carol-secret"];
    let server = Running::start(&arguments);
    let mut client = server.connect("lmtp");
    let session = "LHLO c.test\r\nMAIL FROM:<>\r\nRCPT TO:<carol@example.test>\r\nDATA\r\n";
    client.write_all(session.as_bytes()).unwrap();
    client.write_all(b"Subject: kept\r\n\r\ntext\r\n.\r\nQUIT\r\n").unwrap();
    let mut replies = String::new();
    client.read_to_string(&mut replies).unwrap();
    assert!(replies.contains("\r\n354 ") && replies.contains("\r\n250 2.0.0 "), "{replies}");
    // Killed: what was answered with 250 is on disk.
    drop(server);

    let server = Running::start(&arguments);
    let mut client = server.connect("pop3");
    client.write_all(b"USER carol\r\nPASS carol-secret\r\nTOP 1 1\r\nQUIT\r\n").unwrap();
    let mut replies = String::new();
    client.read_to_string(&mut replies).unwrap();
    assert!(replies.contains("\r\nSubject: kept\r\n\r\ntext\r\n"), "{replies}");
}

#[test]
fn what_cannot_be_is_refused_with_status_two() {
    let all = [
        (vec!["--http", "127.0.0.1:0"], "no webmail"),
        (vec!["--deviation", "no-such"], "smtp-dot-kept"),
        (vec!["--account", "alice"], "ADDRESS:SECRET"),
        (vec!["--pop3", "nowhere"], "ADDRESS:PORT"),
        (vec!["--dir", "x"], "cannot be used with"),
        (vec!["--retry", "second-wait=1"], "first-wait, longest-wait"),
        (vec!["--etrn", "b.test=here"], "is no address"),
    ];
    for (arguments, wanted) in all {
        let output = serve(&["--smtp", "off", "--memory"]).args(&arguments).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
        assert!(errors.contains(wanted), "{arguments:?}: {errors}");
    }
}

#[test]
fn what_was_queued_outlives_a_kill_and_is_listed_and_dropped() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().to_str().unwrap();
    // Nobody listens on the discard port of this machine, so that the mail waits.
    let mut server = Running::start(&["--dir", folder, "--route", "far.test=127.0.0.1:9"]);
    let stream = server.connect("submission");
    read_line(&stream);
    converse(
        &stream,
        &[
            ("EHLO client.test", "250"),
            // \0alice\0alice-secret
            ("AUTH PLAIN AGFsaWNlAGFsaWNlLXNlY3JldA==", "235"),
            ("MAIL FROM:<alice@example.test>", "250"),
            ("RCPT TO:<bob@far.test>", "250"),
            ("DATA", "354"),
            ("Subject: kept\r\n\r\ntext\r\n.", "250"),
        ],
    );
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    let queue = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mailspec"));
        let output = command.arg("queue").args(["--dir", folder]).args(arguments).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let listed = queue(&["list"]);
    assert!(listed.contains("from <alice@example.test>") && listed.contains("to <bob@far.test>"), "{listed}");
    assert_eq!(queue(&["hold", "all"]), "1 held\n");
    assert_eq!(queue(&["drop", "all"]), "1 dropped\n");
    assert_eq!(queue(&["list"]), "nothing waits\n");
}

#[test]
fn too_many_failed_logins_close_the_connection() {
    let server = Running::start(&["--memory", "--limit", "failed-logins=3"]);
    // \0alice\0wrong
    let auth = "AUTH PLAIN AGFsaWNlAHdyb25n\r\n";
    for (service, before, attempt, refused, last) in [
        ("imap", "", "a LOGIN alice wrong\r\n", "a NO ", "* BYE "),
        ("imap", "", "a AUTHENTICATE PLAIN AGFsaWNlAHdyb25n\r\n", "a NO ", "* BYE "),
        ("pop3", "", "USER alice\r\nPASS wrong\r\n", "-ERR ", "-ERR "),
        ("submission", "EHLO client.test\r\n", auth, "535 ", "421 "),
    ] {
        let mut client = server.connect(service);
        // A fourth attempt, with the right password, is not even looked at.
        let right = attempt.replace("wrong", "alice-secret").replace("AHdyb25n", "AGFsaWNlLXNlY3JldA==");
        client.write_all(format!("{before}{}{right}", attempt.repeat(3)).as_bytes()).unwrap();
        let mut replies = String::new();
        client.read_to_string(&mut replies).unwrap();
        let refusals = replies.lines().filter(|line| line.starts_with(refused)).count();
        let expected = if last == "421 " { 2 } else { 3 };
        assert_eq!(refusals, expected, "{service}: {replies}");
        assert!(replies.lines().last().unwrap().starts_with(last), "{service}: {replies}");
    }
}
