//! AUTH, and what a submission server asks of its users.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{configured, inbox};
use crate::context::Shared;
use crate::service::Service;
use crate::smtp::SubmittingSenders;
use crate::testing::{Peer, shared};

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
    let shared = configured(|shared| shared.submission.senders = SubmittingSenders::Themselves).await;
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
async fn too_many_failed_logins_end_the_session() {
    let shared = configured(|shared| shared.limits.failed_logins = 3).await;
    let wrong = format!("AUTH PLAIN {}", STANDARD.encode("\0alice\0wrong"));
    let mut peer = Peer::greeted(&shared, Service::Submission).await;
    peer.talk(&[(&wrong, "535 "), ("NOOP", "250 "), (&wrong, "535 "), ("AUTH LOGIN", "334 "), ("*", "501 ")])
        .await;
    peer.talk(&[("AUTH LOGIN", "334 "), (&STANDARD.encode("alice"), "334 ")]).await;
    peer.talk(&[(&STANDARD.encode("wrong"), "421 4.7.0 ")]).await;
    assert_eq!(peer.line().await, "");
    let shared = configured(|shared| shared.limits.failed_logins = 0).await;
    let mut peer = Peer::greeted(&shared, Service::Submission).await;
    peer.talk(&[("XYZZY", "500 "), ("NOOP", "250 "), (&wrong, "421 4.7.0 ")]).await;
}
