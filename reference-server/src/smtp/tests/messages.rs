//! The message: by DATA and by BDAT, its dots and line ends, its size, and what is left of half of
//! one.

use std::time::Duration;

use super::inbox;
use crate::service::Service;
use crate::testing::{Peer, shared};

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
