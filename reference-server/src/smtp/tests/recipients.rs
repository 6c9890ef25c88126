//! Who is reached: local accounts and lists, quotas and limits, addresses beyond ASCII, reports, and
//! the replies of LMTP.

use super::{configured, inbox};
use crate::context::Shared;
use crate::service::Service;
use crate::testing::{Peer, shared};

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
async fn lists_within_lists_are_expanded_each_once_with_their_own_owners() {
    let shared = configured(|shared| {
        let mut list = |name: &str, members: &[&str]| {
            shared.lists.push(crate::list::List {
                address: format!("{name}@example.test"),
                owner: format!("{name}-owner@example.test"),
                members: members.iter().map(|member| format!("{member}@example.test")).collect(),
            });
        };
        // Round in a circle, and to itself; alice is on both.
        list("outer", &["alice", "inner", "outer"]);
        list("inner", &["bob", "alice", "outer"]);
        // A chain that is longer than any sane one: its end is not reached, and nothing else happens.
        for number in 0..60 {
            list(&format!("chain{number}"), &[&format!("chain{}", number + 1)]);
        }
        list("chain60", &["alice"]);
    })
    .await;
    let mut peer = Peer::greeted(&shared, Service::Smtp).await;
    for to in ["outer", "chain0"] {
        peer.talk(&[
            ("MAIL FROM:<author@c.test>", "250 "),
            (&format!("RCPT TO:<{to}@example.test>"), "250 "),
            ("DATA", "354 "),
            ("From: author@c.test\r\n\r\nhello\r\n.", "250 "),
        ])
        .await;
    }
    let [hers] = inbox(&shared, "alice@example.test").await.try_into().unwrap();
    let [his] = inbox(&shared, "bob@example.test").await.try_into().unwrap();
    assert!(hers.starts_with("Return-Path: <outer-owner@example.test>\r\n"), "{hers}");
    assert!(his.starts_with("Return-Path: <inner-owner@example.test>\r\n"), "{his}");
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
