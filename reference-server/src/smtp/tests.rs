//! Whole sessions over in-memory pipes, held against the RFCs.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{registry, serve};
use crate::context::Shared;
use crate::service::Service;
use crate::store::{Access, MailboxName};
use crate::testing::{Peer, shared};

impl Peer {
    /// A session that has been greeted.
    async fn greeted(shared: &Arc<Shared>, service: Service) -> Self {
        let mut peer = Self::open(shared, service, serve);
        assert!(peer.reply().await.starts_with("220 mail.example.test "));
        let hello = if service == Service::Lmtp { "LHLO c.test" } else { "EHLO c.test" };
        assert!(peer.ask(hello).await.starts_with("250-mail.example.test"));
        peer
    }

    /// The next reply, all of its lines.
    async fn reply(&mut self) -> String {
        let mut all = String::new();
        loop {
            let line = self.line().await;
            all.push_str(&line);
            if line.as_bytes().get(3) != Some(&b'-') {
                return all;
            }
        }
    }

    async fn ask(&mut self, command: &str) -> String {
        self.send(format!("{command}\r\n")).await;
        self.reply().await
    }

    /// Each command, and how its reply begins.
    async fn talk(&mut self, lines: &[(&str, &str)]) {
        for (command, wanted) in lines {
            let reply = self.ask(command).await;
            assert!(reply.starts_with(wanted), "{command}: wanted {wanted}, got {reply}");
        }
    }
}

async fn inbox(shared: &Shared, login: &str) -> Vec<String> {
    let account = shared.store.account(login).await.unwrap().unwrap().id;
    let name = MailboxName::inbox();
    let mailbox = shared.store.open_mailbox(account, &name, Access::ReadOnly).await.unwrap().mailbox;
    let messages = shared.store.everything(mailbox.id).await;
    let mut all = Vec::new();
    for message in messages {
        let body = shared.store.body(message.body).await.unwrap();
        all.push(String::from_utf8(body.to_vec()).unwrap());
    }
    all
}

#[tokio::test]
async fn a_message_is_delivered_with_its_trace_and_without_its_dots() {
    let (shared, _) = shared(&[]).await;
    let mut peer = Peer::greeted(&shared, Service::Smtp).await;
    peer.talk(&[
        ("MAIL FROM:<sender@c.test> SIZE=100 BODY=8BITMIME", "250 2.1.0 "),
        ("RCPT TO:<alice@example.test>", "250 2.1.5 "),
        ("DATA", "354 "),
        ("Subject: x\r\n\r\n..dot\r\n.", "250 2.0.0 "),
        ("QUIT", "221 2.0.0 "),
    ])
    .await;
    assert_eq!(peer.line().await, "", "closed after QUIT");
    let [message] = inbox(&shared, "alice@example.test").await.try_into().unwrap();
    let (trace, content) = message.split_once("Subject:").unwrap();
    assert_eq!(content, " x\r\n\r\n.dot\r\n");
    assert!(trace.starts_with("Return-Path: <sender@c.test>\r\nReceived: from c.test ([127.0.0.1])\r\n\tby mail.example.test with ESMTP id "));
    assert!(trace.contains("\r\n\tfor <alice@example.test>;\r\n\t"));
}

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
async fn recipients_are_local_accounts() {
    let (shared, _) = shared(&[]).await;
    let mut peer = Peer::greeted(&shared, Service::Smtp).await;
    peer.talk(&[
        ("MAIL FROM:<>", "250 "),
        ("RCPT TO:<nobody@example.test>", "550 5.1.1 "),
        ("RCPT TO:<alice@elsewhere.test>", "550 5.7.1 "),
        ("RCPT TO:<alice%elsewhere.test@example.test>", "550 "),
        ("RCPT TO:<@relay.test:\"alice\"@EXAMPLE.test>", "250 "),
        ("RCPT TO:<alice+detail@example.test>", "250 "),
        ("RCPT TO:<POSTMASTER>", "250 "),
        ("RCPT TO:<bob@example.test>", "250 "),
        ("DATA", "354 "),
        ("one\r\n.", "250 "),
        ("MAIL FROM:<>", "250 "),
        ("RCPT TO:<PostMaster@example.test>", "250 "),
    ])
    .await;
    assert_eq!(inbox(&shared, "alice@example.test").await.len(), 1, "named thrice, one copy");
    let bobs = inbox(&shared, "bob@example.test").await;
    assert!(bobs[0].starts_with("Return-Path: <>\r\n"));
    assert!(!bobs[0].contains("\tfor "));
}

#[tokio::test]
async fn recipients_over_the_limit_get_452_and_the_others_stay() {
    let (shared, _) = shared(&[]).await;
    let mut peer = Peer::greeted(&shared, Service::Smtp).await;
    let mut batch = "MAIL FROM:<>\r\n".to_owned();
    batch.push_str(&"RCPT TO:<bob@example.test>\r\n".repeat(101));
    peer.send(batch).await;
    for _ in 0..101 {
        assert!(peer.reply().await.starts_with("250 "));
    }
    assert!(peer.reply().await.starts_with("452 4.5.3 "));
    peer.talk(&[("DATA", "354 "), ("x\r\n.", "250 ")]).await;
}

#[tokio::test]
async fn a_bare_line_end_is_refused_and_no_second_message_is_smuggled_in() {
    let (shared, _) = shared(&[]).await;
    let mut peer = Peer::greeted(&shared, Service::Smtp).await;
    peer.talk(&[
        ("MAIL FROM:<>", "250 "),
        ("RCPT TO:<alice@example.test>", "250 "),
        ("DATA", "354 "),
        ("x\r\n.\nMAIL FROM:<evil@c.test>\r\nRCPT TO:<alice@example.test>\r\nDATA\r\ny\r\n.", "554 5.6.0 "),
        ("NOOP", "250 "),
    ])
    .await;
    assert!(inbox(&shared, "alice@example.test").await.is_empty());
}

#[tokio::test]
async fn a_message_that_is_too_large_gets_552_and_the_session_goes_on() {
    let (shared, _) = shared(&[]).await;
    let mut peer = Peer::greeted(&shared, Service::Smtp).await;
    let (right, wrong) = ("x".repeat(99_998), "x".repeat(99_999));
    for (text, wanted) in [(right, "250 "), (wrong, "552 5.3.4 ")] {
        let data = format!("{text}\r\n.");
        peer.talk(&[
            ("MAIL FROM:<>", "250 "),
            ("RCPT TO:<alice@example.test>", "250 "),
            ("DATA", "354 "),
            (&data, wanted),
        ])
        .await;
    }
    assert_eq!(inbox(&shared, "alice@example.test").await.len(), 1);
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
async fn auth_plain_and_login() {
    let (shared, _) = shared(&[]).await;
    let plain = STANDARD.encode("\0alice\0alice-secret");
    let wrong = STANDARD.encode("\0alice\0bob-secret");
    let mut peer = Peer::greeted(&shared, Service::Submission).await;
    peer.talk(&[
        ("AUTH", "501 "),
        ("AUTH CRAM-MD5", "504 5.5.4 "),
        (&format!("AUTH PLAIN {wrong}"), "535 5.7.8 "),
        ("AUTH PLAIN =", "535 "),
        ("AUTH PLAIN =AAA", "501 5.5.2 "),
        ("AUTH PLAIN", "334 \r\n"),
        ("*", "501 "),
        ("AUTH PLAIN", "334 \r\n"),
        ("not base64!", "501 5.5.2 "),
        ("AUTH PLAIN", "334 "),
        (&"A".repeat(12_289), "500 5.5.6 "),
        ("auth plain", "334 "),
        (&plain, "235 2.7.0 "),
        (&format!("AUTH PLAIN {plain}"), "503 5.5.1 "),
    ])
    .await;
    let mut peer = Peer::greeted(&shared, Service::Smtp).await;
    peer.talk(&[
        ("AUTH LOGIN", "334 VXNlcm5hbWU6\r\n"),
        (&STANDARD.encode("bob@example.test"), "334 UGFzc3dvcmQ6\r\n"),
        (&STANDARD.encode("bob-secret"), "235 "),
        ("MAIL FROM:<>", "250 "),
        ("RCPT TO:<bob@example.test>", "250 "),
        ("DATA", "354 "),
        ("x\r\n.", "250 "),
    ])
    .await;
    assert!(inbox(&shared, "bob@example.test").await[0].contains("with ESMTPA id"));
}

#[tokio::test]
async fn submission_wants_a_login_first() {
    let (shared, _) = shared(&[]).await;
    let mut peer = Peer::greeted(&shared, Service::Submission).await;
    peer.talk(&[
        ("MAIL FROM:<>", "530 5.7.0 "),
        ("VRFY alice", "530 "),
        ("RCPT TO:<alice@example.test>", "503 "),
        ("NOOP", "250 "),
        (&format!("AUTH PLAIN {}", STANDARD.encode("\0alice\0alice-secret")), "235 "),
        ("MAIL FROM:<>", "250 "),
        (&format!("AUTH PLAIN {}", STANDARD.encode("\0alice\0alice-secret")), "503 "),
    ])
    .await;
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
async fn lmtp_answers_for_each_recipient() {
    let (shared, _) = shared(&[]).await;
    let mut peer = Peer::greeted(&shared, Service::Lmtp).await;
    peer.talk(&[
        ("EHLO c.test", "500 "),
        ("HELO c.test", "500 "),
        ("MAIL FROM:<>", "250 "),
        ("RCPT TO:<no@example.test>", "550 "),
        ("DATA", "503 "),
        ("RCPT TO:<alice@example.test>", "250 "),
        ("RCPT TO:<bob@example.test>", "250 "),
        ("RCPT TO:<alice@example.test>", "250 "),
        ("DATA", "354 "),
        ("x\r\n.", "250 2.0.0 "),
    ])
    .await;
    assert!(peer.reply().await.starts_with("250 2.0.0 "));
    assert!(peer.reply().await.starts_with("250 2.0.0 "));
    assert!(peer.ask("NOOP").await.starts_with("250 2.0.0 OK"));
    assert!(inbox(&shared, "alice@example.test").await[0].contains("with LMTP id"));
}

#[tokio::test]
async fn a_transaction_that_is_cut_off_leaves_nothing() {
    let (shared, _) = shared(&[]).await;
    let mut peer = Peer::greeted(&shared, Service::Smtp).await;
    peer.talk(&[("MAIL FROM:<>", "250 "), ("RCPT TO:<bob@example.test>", "250 "), ("DATA", "354 ")]).await;
    peer.send("half a message\r\n").await;
    drop(peer);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(inbox(&shared, "bob@example.test").await.is_empty());
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

#[tokio::test]
async fn deviations_show_on_the_wire() {
    let (dots, _) = shared(&["smtp-dot-kept"]).await;
    let mut peer = Peer::greeted(&dots, Service::Smtp).await;
    peer.talk(&[
        ("MAIL FROM:<>", "250 "),
        ("RCPT TO:<bob@example.test>", "250 "),
        ("DATA", "354 "),
        ("..\r\n.", "250 "),
    ])
    .await;
    assert!(inbox(&dots, "bob@example.test").await[0].ends_with("\r\n..\r\n"));

    let (order, _) = shared(&["smtp-order-ignored", "auth-any-password"]).await;
    let mut peer = Peer::greeted(&order, Service::Smtp).await;
    peer.talk(&[
        (&format!("AUTH PLAIN {}", STANDARD.encode("\0alice\0wrong")), "235 "),
        ("RCPT TO:<bob@example.test>", "250 "),
        ("DATA", "354 "),
        ("x\r\n.", "250 "),
    ])
    .await;
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
async fn wishes_for_reports_are_checked_and_kept() {
    let (shared, _) = shared(&[]).await;
    let mut peer = Peer::greeted(&shared, Service::Smtp).await;
    peer.talk(&[
        ("MAIL FROM:<bob@example.test> RET=BOTH", "501 5.5.4 "),
        ("MAIL FROM:<bob@example.test> ENVID=a+zz", "501 5.5.4 "),
        ("MAIL FROM:<bob@example.test> ENVID=a ENVID=b", "501 5.5.4 "),
        ("MAIL FROM:<bob@example.test> ret=hdrs ENVID=a+2Bb", "250 "),
        ("RCPT TO:<alice@example.test> NOTIFY=NEVER,DELAY", "501 5.5.4 "),
        ("RCPT TO:<alice@example.test> ORCPT=rfc822", "501 5.5.4 "),
        ("RCPT TO:<alice@example.test> NOTIFY=success ORCPT=rfc822;a+2B@x", "250 "),
        ("DATA", "354 "),
        ("Subject: x\r\n\r\nbody\r\n.", "250 "),
    ])
    .await;
    assert_eq!(inbox(&shared, "alice@example.test").await.len(), 1);
    let [report] = inbox(&shared, "bob@example.test").await.try_into().unwrap();
    for wanted in [
        "Return-Path: <>\r\n",
        "Original-Envelope-Id: a+b\r\n",
        "Original-Recipient: rfc822; a+@x\r\nFinal-Recipient: rfc822; alice@example.test\r\nAction: delivered\r\n",
    ] {
        assert!(report.contains(wanted), "{wanted:?} in {report}");
    }
}

#[tokio::test]
async fn lmtp_offers_no_reports() {
    let (shared, _) = shared(&[]).await;
    let mut peer = Peer::greeted(&shared, Service::Lmtp).await;
    assert!(!peer.ask("LHLO c.test").await.contains("DSN"));
    peer.talk(&[("MAIL FROM:<> RET=FULL", "555 ")]).await;
}

#[tokio::test]
async fn a_message_comes_in_pieces_without_dots_being_touched() {
    let (shared, _) = shared(&[]).await;
    let mut peer = Peer::greeted(&shared, Service::Smtp).await;
    peer.talk(&[("MAIL FROM:<s@c.test>", "250 "), ("RCPT TO:<alice@example.test>", "250 ")]).await;
    peer.send("BDAT 14\r\nSubject: x\r\n\r\nBDAT 7\r\n..dot\r\nBDAT 0 LAST\r\nNOOP\r\n").await;
    for wanted in ["250 2.0.0 14 ", "250 2.0.0 7 ", "250 2.0.0 message", "250 2.0.0 OK"] {
        let reply = peer.reply().await;
        assert!(reply.starts_with(wanted), "{wanted}: {reply}");
    }
    let [message] = inbox(&shared, "alice@example.test").await.try_into().unwrap();
    assert!(message.ends_with("Subject: x\r\n\r\n..dot\r\n"), "{message}");
}

#[tokio::test]
async fn a_piece_is_read_whatever_is_thought_of_it() {
    let (shared, _) = shared(&[]).await;
    let mut peer = Peer::greeted(&shared, Service::Smtp).await;
    peer.talk(&[
        ("BDAT 6 LAST\r\nQUIT", "503 5.5.1 "),
        ("MAIL FROM:<s@c.test>", "250 "),
        ("BDAT 6\r\nRSET", "503 5.5.1 "),
        ("RCPT TO:<alice@example.test>", "250 "),
        ("BDAT 4\r\nab", "250 "),
        ("DATA", "503 5.5.1 "),
        ("BDAT 4 LAST\r\nc\nd\nNOOP", "554 5.6.0 "),
    ])
    .await;
    assert!(peer.reply().await.starts_with("250 "), "the NOOP behind it");
    peer.talk(&[("BDAT six\r\nQUIT", "501 5.5.4 ")]).await;
    assert_eq!(peer.line().await, "", "what follows could be anything");
    assert_eq!(inbox(&shared, "alice@example.test").await, [""; 0]);
}

#[tokio::test]
async fn a_message_in_pieces_that_is_too_large_fails_up_to_rset() {
    let (shared, _) = shared(&[]).await;
    let mut peer = Peer::greeted(&shared, Service::Smtp).await;
    peer.talk(&[("MAIL FROM:<s@c.test>", "250 "), ("RCPT TO:<alice@example.test>", "250 ")]).await;
    let piece = format!("BDAT 60000\r\n{}", "x".repeat(59_998));
    let last = format!("BDAT 60000 LAST\r\n{}", "x".repeat(59_998));
    peer.talk(&[
        (piece.as_str(), "250 "),
        (piece.as_str(), "552 5.3.4 "),
        (last.as_str(), "503 "),
        ("DATA", "503 "),
        ("RSET", "250 "),
        ("MAIL FROM:<s@c.test>", "250 "),
        ("RCPT TO:<alice@example.test>", "250 "),
        ("BDAT 14 LAST\r\nSubject: y\r\n", "250 "),
    ])
    .await;
    assert_eq!(inbox(&shared, "alice@example.test").await.len(), 1);
}

/// A server with a list, with a domain in U-labels and with small limits.
async fn configured(change: impl FnOnce(&mut Shared)) -> Arc<Shared> {
    let (shared, _) = shared(&[]).await;
    let mut shared = Arc::into_inner(shared).unwrap();
    change(&mut shared);
    Arc::new(shared)
}

fn team(shared: &mut Shared) {
    shared.lists.push(crate::list::List {
        address: "team@example.test".to_owned(),
        owner: "owner@example.test".to_owned(),
        members: ["alice@example.test", "bob@example.test", "gone@example.test"].map(str::to_owned).to_vec(),
    });
}

#[tokio::test]
async fn a_list_is_expanded_and_reached_with_its_owner_as_return_path() {
    let shared = configured(team).await;
    let mut peer = Peer::greeted(&shared, Service::Smtp).await;
    assert_eq!(
        peer.ask("EXPN team").await,
        "250-2.1.5 <alice@example.test>\r\n250-2.1.5 <bob@example.test>\r\n250 2.1.5 <gone@example.test>\r\n"
    );
    peer.talk(&[
        ("EXPN alice", "250 2.1.5 <alice@example.test>"),
        ("EXPN nobody", "550 5.1.1 "),
        ("VRFY team", "252 "),
        ("MAIL FROM:<author@c.test>", "250 "),
        ("RCPT TO:<Team@Example.Test>", "250 "),
        ("RCPT TO:<bob@example.test>", "250 "),
        ("DATA", "354 "),
        ("From: author@c.test\r\n\r\nhello\r\n.", "250 "),
    ])
    .await;
    let [one] = inbox(&shared, "alice@example.test").await.try_into().unwrap();
    assert!(one.starts_with("Return-Path: <owner@example.test>\r\nReceived: "), "{one}");
    assert!(one.ends_with("From: author@c.test\r\n\r\nhello\r\n"), "{one}");
    let his = inbox(&shared, "bob@example.test").await;
    assert_eq!(his.len(), 2, "by the list, and by himself");
}

#[tokio::test]
async fn addresses_are_withheld_where_a_site_wants_that() {
    let shared = configured(|shared| {
        team(shared);
        shared.verification = crate::limits::AddressVerification::Withheld;
    })
    .await;
    let mut peer = Peer::greeted(&shared, Service::Smtp).await;
    for command in ["VRFY alice", "VRFY nobody", "EXPN team", "EXPN nobody"] {
        peer.talk(&[(command, "252 2.5.0 ")]).await;
    }
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

#[tokio::test]
async fn mailboxes_beyond_ascii_need_smtputf8() {
    let shared = configured(|shared| shared.domains.push("bücher.example".to_owned())).await;
    shared.authenticator.put_account("zoë@bücher.example", "x").await.unwrap();
    let mut peer = Peer::greeted(&shared, Service::Smtp).await;
    peer.talk(&[
        ("MAIL FROM:<zoë@bücher.example>", "550 5.6.7 "),
        ("MAIL FROM:<> SMTPUTF8=yes", "501 5.5.4 "),
        ("MAIL FROM:<>", "250 "),
        ("RCPT TO:<zoë@bücher.example>", "553 5.6.7 "),
        ("RSET", "250 "),
        ("NOOP é", "501 "),
        ("VRFY zoë@bücher.example", "252 2.6.8 "),
        ("VRFY zoë@bücher.example SMTPUTF8", "250 2.1.5 <zoë@bücher.example>"),
        ("VRFY alice smtputf8", "250 2.1.5 <alice@example.test>"),
        ("MAIL FROM:<\"ζ ω\"@c.test> SMTPUTF8 BODY=8BITMIME", "250 "),
        ("RCPT TO:<zoë@XN--BCHER-kva.example>", "250 "),
        ("DATA", "354 "),
        ("Subject: ζ\r\n\r\nx\r\n.", "250 "),
    ])
    .await;
    peer.send(b"VRFY \xff\r\n").await;
    assert!(peer.reply().await.starts_with("501 "));
    let [message] = inbox(&shared, "zoë@bücher.example").await.try_into().unwrap();
    assert!(message.starts_with("Return-Path: <\"ζ ω\"@c.test>\r\n"), "{message}");
    assert!(message.contains(" with UTF8SMTP id "), "{message}");
}

#[tokio::test]
async fn a_binary_message_comes_by_bdat_alone() {
    let (shared, _) = shared(&[]).await;
    let mut peer = Peer::greeted(&shared, Service::Smtp).await;
    peer.talk(&[
        ("MAIL FROM:<> BODY=BINARY", "501 5.5.4 "),
        ("MAIL FROM:<> BODY=BINARYMIME", "250 "),
        ("RCPT TO:<alice@example.test>", "250 "),
        ("DATA", "503 5.5.1 "),
        ("RSET", "250 "),
        ("MAIL FROM:<> BODY=BINARYMIME", "250 "),
        ("RCPT TO:<alice@example.test>", "250 "),
        ("BDAT 20 LAST\r\nSubject: x\r\n\r\n\n\r\0.", "250 "),
    ])
    .await;
    let [message] = inbox(&shared, "alice@example.test").await.try_into().unwrap();
    assert!(message.ends_with("Subject: x\r\n\r\n\n\r\0.\r\n"), "{message:?}");
}

async fn submitting(shared: &Arc<Shared>) -> Peer {
    let mut peer = Peer::greeted(shared, Service::Submission).await;
    peer.talk(&[(&format!("AUTH PLAIN {}", STANDARD.encode("\0alice\0alice-secret")), "235 ")]).await;
    peer
}

#[tokio::test]
async fn a_submission_is_completed_and_its_addresses_are_looked_at() {
    let (shared, _) = shared(&[]).await;
    let mut peer = submitting(&shared).await;
    peer.talk(&[
        ("MAIL FROM:<alice@host>", "554 5.1.8 "),
        ("MAIL FROM:<alice@example.test>", "250 "),
        ("RCPT TO:<bob@host>", "554 5.1.2 "),
        ("RCPT TO:<bob@example.test>", "250 "),
        ("DATA", "354 "),
        ("Subject: x\r\n\r\nbody\r\n.", "250 "),
    ])
    .await;
    let [message] = inbox(&shared, "bob@example.test").await.try_into().unwrap();
    for wanted in
        ["\r\nFrom: alice@example.test\r\nDate: ", "\r\nMessage-ID: <", "\r\nSubject: x\r\n\r\nbody\r\n"]
    {
        assert!(message.contains(wanted), "{wanted:?} in {message}");
    }
    for (field, wanted) in [("To: bob@host", "554 5.6.0 "), ("Cc: Bob", "554 5.6.0 "), ("To: none:;", "250 ")]
    {
        peer.talk(&[("MAIL FROM:<>", "250 "), ("RCPT TO:<bob@example.test>", "250 "), ("DATA", "354 ")])
            .await;
        peer.talk(&[(&format!("{field}\r\n\r\n."), wanted)]).await;
    }
}

#[tokio::test]
async fn users_may_be_held_to_their_own_addresses() {
    let shared = configured(|shared| shared.submission.senders = super::SubmittingSenders::Themselves).await;
    let mut peer = submitting(&shared).await;
    peer.talk(&[
        ("MAIL FROM:<bob@example.test>", "550 5.7.1 "),
        ("MAIL FROM:<>", "250 "),
        ("RSET", "250 "),
        ("MAIL FROM:<Alice@example.test>", "250 "),
    ])
    .await;
}

#[tokio::test]
async fn a_mailbox_without_room_is_told_before_the_data_or_after_it() {
    let (shared, _) = shared(&[]).await;
    let account = shared.store.account("alice@example.test").await.unwrap().unwrap().id;
    let quota = crate::store::Quota { storage: Some(1), messages: Some(1), mailboxes: None };
    shared.store.set_quota(account, quota).await.unwrap();
    for service in [Service::Smtp, Service::Lmtp] {
        let mut peer = Peer::greeted(&shared, service).await;
        peer.talk(&[("MAIL FROM:<>", "250"), ("RCPT TO:<alice@example.test>", "250"), ("DATA", "354")]).await;
        let large = "x".repeat(70) + "\r\n";
        let answer = peer.ask(&format!("\r\n{}.", large.repeat(30))).await;
        assert!(answer.starts_with("452 4.2.2 "), "{answer}");
    }
    let mut peer = Peer::greeted(&shared, Service::Lmtp).await;
    for answer in ["250", "452 4.2.2 "] {
        peer.talk(&[("MAIL FROM:<>", "250"), ("RCPT TO:<alice@example.test>", answer)]).await;
        peer.talk(&[("RCPT TO:<bob@example.test>", "250"), ("DATA", "354"), ("\r\nx\r\n.", "250")]).await;
        if answer == "250" {
            assert!(peer.reply().await.starts_with("250"));
        }
    }
    assert_eq!(
        (inbox(&shared, "alice@example.test").await.len(), inbox(&shared, "bob@example.test").await.len()),
        (1, 2)
    );
}
