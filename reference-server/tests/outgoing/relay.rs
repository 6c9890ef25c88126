//! Alice's message reaches Bob: two servers, each with its own store, and every step between
//! them. Not for single replies, which the suites judge.

use std::time::Duration;

use reference_server::{Clock, Intake, NextHop, RelayTls, Schedule, Service, Spool, Storage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::stub::{Script, Stub};
use crate::support::*;

#[tokio::test]
async fn a_message_goes_from_server_to_server_and_arrives_as_it_was() {
    let bob = builder("b.test", "bob").start().await.unwrap();
    let alice = builder("a.test", "alice").route("b.test", hop(&bob, Service::Smtp)).start().await.unwrap();
    let message = "From: alice@a.test\r\nSubject: hello\r\n\r\nh\u{e9}llo\r\n.dot\r\n..dots\r\n\r\nend\r\n";
    let stuffed = message.replace("\r\n.", "\r\n..");
    submit(&alice, "alice@a.test", &["<bob@B.test>", "<alice@a.test>"], stuffed.as_bytes()).await;
    let [at_bobs] = inbox(&bob, "bob", 1).await.try_into().unwrap();
    assert!(at_bobs.ends_with(message), "{at_bobs}");
    assert!(at_bobs.starts_with("Return-Path: <alice@a.test>\r\nReceived: from mail.a.test ([127.0.0.1])\r\n\tby mail.b.test with ESMTPS id "));
    assert!(at_bobs.contains("Received: from client.test ([127.0.0.1])\r\n\tby mail.a.test with ESMTPA id "));
    assert_eq!(at_bobs.matches("Return-Path:").count(), 1, "only final delivery adds it");
    let [at_alices] = inbox(&alice, "alice", 1).await.try_into().unwrap();
    assert!(at_alices.ends_with(message), "a local recipient beside it gets it too");
    alice.shutdown().await;
    bob.shutdown().await;
}

#[tokio::test]
async fn a_refused_recipient_comes_back_as_a_report_and_the_others_get_their_mail() {
    let bob = builder("b.test", "bob").start().await.unwrap();
    let alice = builder("a.test", "alice").route("b.test", hop(&bob, Service::Smtp)).start().await.unwrap();
    let message = b"Subject: two\r\n\r\ntext\r\n";
    let recipients = ["<nobody@b.test> ORCPT=rfc822;no+2Bbody@b.test", "<bob@b.test>"];
    submit(&alice, "alice@a.test", &recipients, message).await;
    assert_eq!(inbox(&bob, "bob", 1).await.len(), 1);
    let [report] = inbox(&alice, "alice", 1).await.try_into().unwrap();
    for wanted in [
        "Return-Path: <>\r\n",
        "To: <alice@a.test>\r\n",
        "Content-Type: multipart/report; report-type=delivery-status;",
        "Reporting-MTA: dns; mail.a.test\r\n",
        "Original-Recipient: rfc822; no+body@b.test\r\nFinal-Recipient: rfc822; nobody@b.test\r\n",
        "Action: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; [127.0.0.1]\r\nDiagnostic-Code: smtp; 550 5.1.1 ",
        "Subject: two\r\n\r\ntext\r\n",
    ] {
        assert!(report.contains(wanted), "{wanted:?} in {report}");
    }
    alice.shutdown().await;
    bob.shutdown().await;
}

#[tokio::test]
async fn nobody_is_told_who_asks_for_that_or_has_the_null_sender() {
    let bob = builder("b.test", "bob").start().await.unwrap();
    let alice = builder("a.test", "alice").route("b.test", hop(&bob, Service::Smtp)).start().await.unwrap();
    let mut client = submission(&alice, "alice@a.test", "alice-secret").await;
    send(&mut client, "<alice@a.test>", &["<nobody@b.test> NOTIFY=NEVER"], b"Subject: 1\r\n\r\n").await;
    send(&mut client, "<>", &["<nobody@b.test>"], b"Subject: 2\r\n\r\n").await;
    // The last one fails too, and is told: by then the others are through.
    send(&mut client, "<alice@a.test>", &["<nobody@b.test>"], b"Subject: 3\r\n\r\n").await;
    let [report] = inbox(&alice, "alice", 1).await.try_into().unwrap();
    assert!(report.contains("Subject: 3\r\n"));
    alice.shutdown().await;
    bob.shutdown().await;
}

#[tokio::test]
async fn success_is_told_where_it_is_asked_for() {
    let bob = builder("b.test", "bob").start().await.unwrap();
    let alice = builder("a.test", "alice").route("b.test", hop(&bob, Service::Smtp)).start().await.unwrap();
    // Bob's server reports to Alice's: its reports need a way back, which needs no login.
    bob.add_route("a.test", hop(&alice, Service::Smtp));
    let mut client = submission(&alice, "alice@a.test", "alice-secret").await;
    let to = ["<bob@b.test> NOTIFY=SUCCESS"];
    send(&mut client, "<alice@a.test> RET=FULL ENVID=e+2B1", &to, b"Subject: 1\r\n\r\nbody\r\n").await;
    let [report] = inbox(&alice, "alice", 1).await.try_into().unwrap();
    assert!(report.contains("Reporting-MTA: dns; mail.b.test\r\nOriginal-Envelope-Id: e+1\r\n"), "{report}");
    assert!(report.contains("Action: delivered\r\nStatus: 2.0.0\r\n"));
    assert!(!report.contains("\r\nbody\r\n"), "RET is about failures");
    alice.shutdown().await;
    bob.shutdown().await;
}

#[tokio::test]
async fn mail_waits_for_a_server_that_is_down_over_a_restart_and_then_arrives() {
    let directory = tempfile::tempdir().unwrap();
    let storage = Storage::Directory(directory.path().to_owned());
    // A port on which nobody listens.
    let closed = TcpListener::bind(any()).await.unwrap().local_addr().unwrap().port();
    let dead = NextHop::new("127.0.0.1", closed);
    let at = |hop: NextHop, clock: &Clock| {
        builder("a.test", "alice").storage(storage.clone()).route("b.test", hop).clock(clock.clone())
    };
    let clock = Clock::default();
    let alice = at(dead, &clock).start().await.unwrap();
    submit(&alice, "alice@a.test", &["<bob@b.test>"], b"Subject: late\r\n\r\n").await;
    tried_once(directory.path(), 1).await;
    alice.shutdown().await;
    let bob = builder("b.test", "bob").start().await.unwrap();
    let alice = at(hop(&bob, Service::Smtp), &clock).start().await.unwrap();
    assert_eq!(read_inbox(&bob, "bob").await.len(), 0, "not before its time");
    clock.advance(Duration::from_secs(5 * 60));
    assert!(inbox(&bob, "bob", 1).await[0].contains("Subject: late\r\n"));
    alice.shutdown().await;
    assert_eq!(Spool::open(directory.path()).unwrap().list().unwrap(), []);
    bob.shutdown().await;
}

#[tokio::test]
async fn a_delay_is_told_once_and_then_the_message_is_given_up() {
    let closed = TcpListener::bind(any()).await.unwrap().local_addr().unwrap().port();
    let clock = Clock::default();
    let alice = builder("a.test", "alice")
        .route("b.test", NextHop::new("127.0.0.1", closed))
        .clock(clock.clone())
        .schedule(Schedule::default())
        .start()
        .await
        .unwrap();
    submit(&alice, "alice@a.test", &["<bob@b.test>"], b"Subject: never\r\n\r\n").await;
    clock.advance(Duration::from_secs(5 * 60 * 60));
    let [delayed] = inbox(&alice, "alice", 1).await.try_into().unwrap();
    assert!(delayed.contains("Action: delayed\r\nStatus: 4.4.1\r\n"), "{delayed}");
    assert!(delayed.contains("Will-Retry-Until: "));
    clock.advance(Duration::from_secs(5 * 24 * 60 * 60));
    let [_, failed] = inbox(&alice, "alice", 2).await.try_into().unwrap();
    assert!(failed.contains("Action: failed\r\nStatus: 4.4.7\r\n"), "{failed}");
    alice.shutdown().await;
}

#[tokio::test]
async fn a_smarthost_wants_a_login_and_takes_several_messages_over_one_connection() {
    let smart = builder("b.test", "bob").start().await.unwrap();
    let login = hop(&smart, Service::Submission).login("bob@b.test", "bob-secret").tls(RelayTls::Required);
    let closed = TcpListener::bind(any()).await.unwrap().local_addr().unwrap().port();
    // Down at first, so that several messages gather.
    let clock = Clock::default();
    let directory = tempfile::tempdir().unwrap();
    let alice = builder("a.test", "alice")
        .storage(Storage::Directory(directory.path().to_owned()))
        .route("*", NextHop::new("127.0.0.1", closed))
        .clock(clock.clone())
        .start()
        .await
        .unwrap();
    for number in 1..=3 {
        let message = format!("Subject: {number}\r\n\r\n");
        submit(&alice, "alice@a.test", &["<bob@b.test>"], message.as_bytes()).await;
    }
    tried_once(directory.path(), 3).await;
    alice.add_route("*", login);
    clock.advance(Duration::from_secs(6 * 60));
    let messages = inbox(&smart, "bob", 3).await;
    assert!(messages.iter().all(|message| message.contains("by mail.b.test with ESMTPSA id ")));
    alice.shutdown().await;
    smart.shutdown().await;
}

#[tokio::test]
async fn three_messages_go_over_one_connection_to_a_server_without_extensions() {
    let listener = TcpListener::bind(any()).await.unwrap();
    let clock = Clock::default();
    let closed = TcpListener::bind(any()).await.unwrap().local_addr().unwrap().port();
    let directory = tempfile::tempdir().unwrap();
    let alice = builder("a.test", "alice")
        .storage(Storage::Directory(directory.path().to_owned()))
        .route("b.test", NextHop::new("127.0.0.1", closed))
        .clock(clock.clone())
        .start()
        .await
        .unwrap();
    for number in 1..=3 {
        let message = format!("Subject: {number}\r\n\r\n..\r\n");
        submit(&alice, "alice@a.test", &["<bob@b.test> NOTIFY=FAILURE"], message.as_bytes()).await;
    }
    tried_once(directory.path(), 3).await;
    alice.add_route("b.test", NextHop::new("127.0.0.1", listener.local_addr().unwrap().port()));
    clock.advance(Duration::from_secs(6 * 60));
    let (stream, _) = timeout(PATIENCE, listener.accept()).await.unwrap().unwrap();
    let log = timeout(PATIENCE, plain_server(stream)).await.expect("a QUIT");
    let verbs: Vec<&str> = log.lines().filter_map(|line| line.split([' ', ':']).next()).collect();
    let one = ["MAIL", "RCPT", "DATA", "Received", "\tby", "Subject", "", "..", "."];
    assert_eq!(verbs.iter().filter(|verb| **verb == "MAIL").count(), 3, "{log}");
    assert!(log.starts_with("EHLO mail.a.test\r\nHELO mail.a.test\r\nMAIL FROM:<alice@a.test>\r\nRCPT TO:<bob@b.test>\r\nDATA\r\n"), "{log}");
    assert!(one.iter().all(|word| verbs.contains(word)), "{log}");
    assert!(log.ends_with("QUIT\r\n"));
    alice.shutdown().await;
}

/// A server of RFC 821: no EHLO. Gives what it was told.
async fn plain_server(mut stream: TcpStream) -> String {
    stream.write_all(b"220 old\r\n").await.unwrap();
    let mut log = String::new();
    let mut at = 0;
    let mut in_data = false;
    loop {
        let mut chunk = [0; 1024];
        let count = stream.read(&mut chunk).await.unwrap();
        assert_ne!(count, 0, "closed without QUIT: {log}");
        log.push_str(std::str::from_utf8(&chunk[..count]).unwrap());
        while let Some(end) = log[at..].find("\r\n") {
            let line = log[at..at + end].to_owned();
            at += end + 2;
            let reply = match (in_data, line.split(' ').next().unwrap()) {
                (true, ".") => {
                    in_data = false;
                    "250 taken\r\n"
                }
                (true, _) => continue,
                (false, "EHLO") => "500 what?\r\n",
                (false, "DATA") => {
                    in_data = true;
                    "354 go\r\n"
                }
                (false, "QUIT") => {
                    stream.write_all(b"221 bye\r\n").await.unwrap();
                    return log;
                }
                (false, _) => "250 OK\r\n",
            };
            stream.write_all(reply.as_bytes()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_message_that_goes_round_in_circles_is_stopped() {
    let alice = builder("a.test", "alice").start().await.unwrap();
    let mut client = Client::connect(&alice, Service::Smtp).await;
    client.ask("EHLO client.test").await;
    for (fields, wanted) in [(100, "250"), (101, "554 5.4.6")] {
        client.ask("MAIL FROM:<x@c.test>").await;
        client.ask("RCPT TO:<alice@a.test>").await;
        client.ask("DATA").await;
        let message = "Received: from x by y; date\r\n".repeat(fields);
        client.send(message.as_bytes()).await;
        let reply = client.ask("\r\n.").await;
        assert!(reply.starts_with(wanted), "{fields}: {reply}");
    }
    alice.shutdown().await;
}

#[tokio::test]
async fn no_relay_without_a_login_and_without_a_route() {
    let alice =
        builder("a.test", "alice").route("b.test", NextHop::new("127.0.0.1", 9)).start().await.unwrap();
    let mut client = Client::connect(&alice, Service::Smtp).await;
    client.ask("EHLO client.test").await;
    client.ask("MAIL FROM:<alice@a.test>").await;
    assert!(client.ask("RCPT TO:<bob@b.test>").await.starts_with("550 5.7.1 "));
    let mut client = submission(&alice, "alice@a.test", "alice-secret").await;
    client.ask("MAIL FROM:<alice@a.test>").await;
    assert!(client.ask("RCPT TO:<bob@c.test>").await.starts_with("550 5.7.1 "));
    assert!(client.ask("RCPT TO:<bob@b.test>").await.starts_with("250 "));
    alice.shutdown().await;
}

#[tokio::test]
async fn a_server_that_takes_no_mail_says_so_at_once_and_still_sends() {
    let bob = builder("b.test", "bob").start().await.unwrap();
    let alice = builder("a.test", "alice")
        .intake(Intake::Closed)
        .route("b.test", hop(&bob, Service::Smtp))
        .start()
        .await
        .unwrap();
    let stream = TcpStream::connect(alice.address(Service::Smtp).unwrap()).await.unwrap();
    let mut client = Client::over(stream);
    assert!(client.line().await.starts_with("521 mail.a.test "));
    assert!(client.ask("EHLO client.test").await.starts_with("521 5.3.2 "));
    assert!(client.ask("MAIL FROM:<x@b.test>").await.starts_with("521 5.3.2 "));
    assert!(client.ask("QUIT").await.starts_with("221 "));
    submit(&alice, "alice@a.test", &["<bob@b.test>"], b"Subject: out\r\n\r\n").await;
    assert_eq!(inbox(&bob, "bob", 1).await.len(), 1);
    // Mail to a server that takes none comes back, when there is no other (RFC 7504).
    bob.add_route("a.test", hop(&alice, Service::Smtp));
    submit(&bob, "bob@b.test", &["<alice@a.test>"], b"Subject: in\r\n\r\n").await;
    let report = inbox(&bob, "bob", 2).await.remove(1);
    assert!(report.contains("Action: failed\r\nStatus: 5.0.0\r\n"), "{report}");
    assert!(report.contains("Diagnostic-Code: smtp; 521 "), "{report}");
    alice.shutdown().await;
    bob.shutdown().await;
}

#[tokio::test]
async fn each_recipient_fares_as_the_next_server_says() {
    let script = Script::offering(&["PIPELINING", "DSN"])
        .saying("RCPT TO:<no@b.test>", "550 5.1.1 nobody")
        .saying("RCPT TO:<later@b.test>", "450 4.2.0 greylisted");
    let stub = Stub::start("127.0.0.1:0", script).await;
    let clock = Clock::default();
    let alice = builder("a.test", "alice")
        .route("b.test", NextHop::new("127.0.0.1", stub.address.port()))
        .clock(clock.clone())
        .start()
        .await
        .unwrap();
    let recipients = ["<no@b.test>", "<later@b.test>", "<yes@b.test>"];
    submit(&alice, "alice@a.test", &recipients, b"Subject: three\r\n\r\n").await;
    let report = inbox(&alice, "alice", 1).await.remove(0);
    assert!(report.contains("<no@b.test>") && !report.contains("<later@b.test>"), "{report}");
    assert_eq!(stub.told().await.matches("RCPT TO:").count(), 3);
    clock.advance(Duration::from_secs(6 * 60));
    let again = stub.until(|all| all.concat().matches("QUIT").count() == 2).await;
    assert_eq!(again[1].matches("RCPT TO:<later@b.test>").count(), 1, "only who waits: {again:?}");
    assert_eq!(again[1].matches("RCPT TO:").count(), 1, "{again:?}");
    alice.shutdown().await;
}
