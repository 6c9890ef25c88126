//! The session itself: what is offered, the order of commands, their arguments, pipelining, TLS,
//! and how a session ends.

use std::time::Duration;

use super::{configured, inbox};
use crate::service::Service;
use crate::smtp::{registry, serve};
use crate::testing::{Peer, shared};

#[tokio::test]
async fn ehlo_lists_what_is_offered_and_helo_nothing() {
    let (shared, _) = shared(&[]).await;
    let mut peer = Peer::open(&shared, Service::Smtp, serve);
    peer.reply().await;
    let lines: Vec<_> = peer.ask("EHLO [127.0.0.1]").await.lines().map(|l| l[4..].to_owned()).collect();
    let wanted = [
        "PIPELINING",
        "SIZE 100000",
        "8BITMIME",
        "BINARYMIME",
        "SMTPUTF8",
        "ENHANCEDSTATUSCODES",
        "DSN",
        "CHUNKING",
        "STARTTLS",
        "AUTH SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN",
        "DELIVERBY",
        "MT-PRIORITY",
        "ETRN",
        "VRFY",
        "EXPN",
        "HELP",
        "LIMITS RCPTMAX=100",
    ];
    assert_eq!(lines[1..], wanted);
    assert_eq!(peer.ask("helo c.test").await, "250 mail.example.test\r\n");
    peer.talk(&[("MAIL FROM:<> SIZE=1", "555 "), ("MAIL FROM:<>", "250 ")]).await;
}

#[tokio::test]
async fn commands_out_of_order_get_503_and_change_nothing() {
    let (shared, _) = shared(&[]).await;
    let mut peer = Peer::open(&shared, Service::Smtp, serve);
    peer.reply().await;
    peer.talk(&[
        ("MAIL FROM:<a@c.test>", "503 5.5.1 "),
        ("VRFY alice", "250 2.1.5 <alice@example.test>"),
        ("EHLO", "501 "),
        ("EHLO bad_name", "501 "),
        ("MAIL FROM:<a@c.test>", "503 "),
        ("EHLO c.test", "250-"),
        ("RCPT TO:<alice@example.test>", "503 5.5.1 "),
        ("DATA", "503 "),
        ("MAIL FROM:<a@c.test>", "250 "),
        ("DATA", "503 "),
        ("MAIL FROM:<b@c.test>", "503 "),
        ("RCPT TO:<alice@example.test>", "250 "),
        ("RSET", "250 2.0.0 "),
        ("DATA", "503 "),
        ("MAIL FROM:<a@c.test>", "250 "),
        ("EHLO c.test", "250-"),
        ("RCPT TO:<alice@example.test>", "503 "),
    ])
    .await;
}

#[tokio::test]
async fn arguments_are_checked() {
    let (shared, _) = shared(&[]).await;
    let mut peer = Peer::greeted(&shared, Service::Smtp).await;
    peer.talk(&[
        ("FOO", "500 5.5.1 "),
        (" NOOP", "500 "),
        ("NOOP\nNOOP", "500 "),
        ("NOOP\r", "500 "),
        ("RSET \t \n", "501 "),
        ("EXPN list", "550 5.1.1 "),
        ("MAIL", "501 5.5.4 "),
        ("MAIL FROM: <a@c.test>", "501 "),
        ("MAIL FROM:a@c.test", "501 5.1.7 "),
        ("MAIL FROM:<a@c.test> SIZE=x", "501 5.5.4 "),
        ("MAIL FROM:<a@c.test> SIZE=1 SIZE=1", "501 "),
        ("MAIL FROM:<a@c.test> SIZE=100001", "552 5.3.4 "),
        ("MAIL FROM:<a@c.test> BODY=9BIT", "501 "),
        ("MAIL FROM:<a@c.test> FUTURE=1", "555 5.5.4 "),
        ("MAIL FROM:<\u{e9}@c.test>", "550 5.6.7 "),
        ("mail from:<a@c.test> auth=e+3Dmc2@c.test size=1 \t", "250 "),
        ("RCPT TO:<a", "501 5.1.3 "),
        ("RCPT TO:<alice@example.test> X-UNKNOWN=1", "555 "),
    ])
    .await;
    let mut peer = Peer::greeted(&shared, Service::Smtp).await;
    peer.talk(&[
        ("DATA now", "503 "),
        ("RSET now", "501 "),
        ("QUIT now", "501 "),
        ("NOOP anything at all", "250 "),
        ("HELP", "214-2.0.0 "),
        ("HELP mail", "214 2.0.0 MAIL FROM:<address>"),
        ("HELP x", "504 "),
        ("VRFY nobody", "550 5.1.1 "),
    ])
    .await;
    peer.send(format!("NOOP {}\r\n", "x".repeat(5000))).await;
    assert!(peer.reply().await.starts_with("500 5.5.2 "));
    assert!(peer.ask("NOOP").await.starts_with("250 "));
}

#[tokio::test]
async fn a_pipelined_batch_is_answered_in_order() {
    let (shared, _) = shared(&[]).await;
    let mut peer = Peer::greeted(&shared, Service::Smtp).await;
    peer.send("MAIL FROM:<>\r\nRCPT TO:<no@example.test>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n").await;
    for wanted in ["250 2.1.0 ", "550 5.1.1 ", "250 2.1.5 ", "354 "] {
        assert!(peer.reply().await.starts_with(wanted));
    }
    peer.send("x\r\n.\r\nQUIT\r\n").await;
    assert!(peer.reply().await.starts_with("250 2.0.0 "));
    assert!(peer.reply().await.starts_with("221 "));
}

/// RFC 2920, section 3.2: what may be sent as a unit, and what may not wait.
#[test]
fn only_the_replies_of_the_transaction_wait_for_others() {
    let grouped: Vec<_> = registry::commands(Service::Smtp)
        .filter(|command| command.sending == registry::Sending::Grouped)
        .map(|command| command.verb)
        .collect();
    assert_eq!(grouped, ["MAIL", "RCPT", "RSET"]);
}

#[tokio::test]
async fn starttls_forgets_everything_said_before() {
    let (shared, identity) = shared(&[]).await;
    let mut peer = Peer::greeted(&shared, Service::Smtp).await;
    peer.talk(&[("STARTTLS now", "501 "), ("MAIL FROM:<>", "250 ")]).await;
    // What follows STARTTLS in the same packet may be an attacker's.
    peer.send("STARTTLS\r\nRCPT TO:<alice@example.test>\r\n").await;
    assert!(peer.reply().await.starts_with("220 "));
    let mut peer = peer.start_tls(&identity).await;
    peer.talk(&[("MAIL FROM:<>", "503 ")]).await;
    let extensions = peer.ask("EHLO c.test").await;
    assert!(!extensions.contains("STARTTLS") && extensions.contains("AUTH SCRAM-SHA-256-PLUS "));
    peer.talk(&[
        ("STARTTLS", "503 "),
        ("MAIL FROM:<>", "250 "),
        ("RCPT TO:<alice@example.test>", "250 "),
        ("DATA", "354 "),
        ("x\r\n.", "250 "),
    ])
    .await;
    assert!(inbox(&shared, "alice@example.test").await[0].contains("with ESMTPS id"));
}

#[tokio::test]
async fn too_many_errors_end_the_session() {
    let (shared, _) = shared(&[]).await;
    let mut peer = Peer::greeted(&shared, Service::Smtp).await;
    for _ in 0..20 {
        assert!(peer.ask("FOO").await.starts_with("500 "));
    }
    assert!(peer.ask("FOO").await.starts_with("421 4.7.0 mail.example.test"));
    assert_eq!(peer.line().await, "");
}

#[tokio::test]
async fn shutdown_is_told() {
    let (shared, _) = shared(&[]).await;
    let mut peer = Peer::greeted(&shared, Service::Smtp).await;
    peer.ending.send(true).unwrap();
    assert!(peer.reply().await.starts_with("421 4.3.2 mail.example.test"));
}

#[tokio::test(start_paused = true)]
async fn an_idle_session_is_ended_after_its_time() {
    let (shared, _) = shared(&[]).await;
    let mut peer = Peer::greeted(&shared, Service::Smtp).await;
    let begun = tokio::time::Instant::now();
    assert!(peer.reply().await.starts_with("421 4.4.2 "));
    assert!(begun.elapsed() >= Duration::from_secs(300));
}

/// Whatever comes, the session answers to QUIT in the end.
#[test]
fn random_octets_do_not_upset_a_session() {
    use proptest::prelude::{TestCaseError, any};
    use proptest::test_runner::TestRunner;

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (shared, _) = runtime.block_on(shared(&[]));
    let session = async |input: Vec<u8>| {
        let mut peer = Peer::greeted(&shared, Service::Smtp).await;
        peer.send(&input).await;
        peer.send("\r\nQUIT\r\n").await;
        loop {
            let line = peer.line().await;
            let code = line.get(..3).unwrap_or_default();
            if code == "221" || code == "421" {
                return Ok(());
            }
            if !code.starts_with(['2', '5']) || !line.ends_with("\r\n") {
                return Err(TestCaseError::fail(line));
            }
        }
    };
    TestRunner::default()
        .run(&proptest::collection::vec(any::<u8>(), 0..300), |input| runtime.block_on(session(input)))
        .unwrap();
}

#[tokio::test]
async fn limits_are_told_and_kept() {
    let shared = configured(|shared| {
        shared.domains.push("b.test".to_owned());
        shared.limits.transactions = Some(3);
        shared.limits.recipients = 2;
        shared.limits.recipient_domains = Some(1);
    })
    .await;
    let mut peer = Peer::greeted(&shared, Service::Smtp).await;
    assert!(peer.ask("EHLO c.test").await.ends_with(" LIMITS MAILMAX=3 RCPTMAX=2 RCPTDOMAINMAX=1\r\n"));
    peer.talk(&[
        ("MAIL FROM:<>", "250 "),
        ("RCPT TO:<alice@example.test>", "250 "),
        ("RCPT TO:<postmaster@b.test>", "452 4.5.3 "),
        ("RCPT TO:<bob@EXAMPLE.test>", "250 "),
        ("RCPT TO:<bob@example.test>", "452 4.5.3 "),
        ("RSET", "250 "),
        ("MAIL FROM:<> X=1", "555 "),
        ("MAIL FROM:<>", "250 "),
        ("RSET", "250 "),
        ("MAIL FROM:<>", "452 4.5.3 "),
        ("NOOP", "250 "),
    ])
    .await;
}
