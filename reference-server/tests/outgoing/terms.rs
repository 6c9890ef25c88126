//! What a sender asks at MAIL is kept on the way (RFC 8689, RFC 2852, RFC 4865, RFC 6710, RFC
//! 1985), and octets that the next server does not take are made fit (RFC 6152).

use std::time::Duration;

use reference_server::{Builder, Clock, NextHop, RelayTls, Server, Service};

use crate::stub::{Script, Stub};
use crate::support::*;

const ALL: &[&str] =
    &["PIPELINING", "8BITMIME", "SIZE", "DSN", "DELIVERBY 10", "MT-PRIORITY MIXER", "SMTPUTF8", "REQUIRETLS"];

fn to(stub: &Stub) -> Builder {
    builder("a.test", "alice").route("b.test", NextHop::new("127.0.0.1", stub.address.port()))
}

async fn sent(alice: &Server, mail: &str, rcpt: &str, message: &[u8]) {
    let mut client = submission(alice, "alice@a.test", "alice-secret").await;
    send(&mut client, &format!("<alice@a.test>{mail}"), &[&format!("<bob@b.test>{rcpt}")], message).await;
}

async fn report(alice: &Server) -> String {
    inbox(alice, "alice", 1).await.remove(0)
}

#[tokio::test]
async fn terms_go_on_to_a_server_that_knows_them() {
    let stub = Stub::start("127.0.0.1:0", Script::offering(ALL)).await;
    let alice = to(&stub).start().await.unwrap();
    sent(&alice, " BY=120;N MT-PRIORITY=3", "", b"Subject: x\r\n\r\n").await;
    let told = stub.told().await;
    assert!(
        told.contains(" BY=120;N MT-PRIORITY=3\r\n") || told.contains(" BY=119;N MT-PRIORITY=3\r\n"),
        "{told}"
    );
    assert!(!told.contains("NOTIFY"), "{told}");
    assert!(told.contains("\tPRIORITY 3;\r\n"), "{told}");
    alice.shutdown().await;
}

#[tokio::test]
async fn a_server_that_knows_no_deadline_gets_what_need_not_come_back_and_the_sender_is_told() {
    let stub = Stub::start("127.0.0.1:0", Script::offering(&["DSN"])).await;
    let alice = to(&stub).start().await.unwrap();
    sent(&alice, " BY=120;N MT-PRIORITY=3", "", b"Subject: x\r\n\r\n").await;
    let relayed = report(&alice).await;
    assert!(
        relayed.contains("Action: relayed\r\n") && relayed.contains("\r\nDeliver-By-Date: "),
        "{relayed}"
    );
    let told = stub.told().await;
    assert!(told.contains("RCPT TO:<bob@b.test> NOTIFY=FAILURE,DELAY\r\n"), "{told}");
    assert!(!told.contains(" BY=") && !told.contains("MT-PRIORITY="), "{told}");
    sent(&alice, " BY=120;R", "", b"Subject: y\r\n\r\n").await;
    let back = inbox(&alice, "alice", 2).await.remove(1);
    assert!(back.contains("Action: failed\r\nStatus: 5.3.3\r\n"), "{back}");
    alice.shutdown().await;
}

#[tokio::test]
async fn what_is_late_comes_back_or_is_told_as_the_sender_wished() {
    for (mode, action) in
        [("R", "Action: failed\r\nStatus: 5.4.7\r\n"), ("N", "Action: delayed\r\nStatus: 4.4.7\r\n")]
    {
        let script = Script::offering(ALL).saying("MAIL", "450 4.2.0 later");
        let stub = Stub::start("127.0.0.1:0", script).await;
        let clock = Clock::default();
        let alice = to(&stub).clock(clock.clone()).start().await.unwrap();
        sent(&alice, &format!(" BY=60;{mode}"), "", b"Subject: x\r\n\r\n").await;
        stub.told().await;
        clock.advance(Duration::from_secs(61));
        let report = report(&alice).await;
        assert!(report.contains(action), "{mode}: {report}");
        alice.shutdown().await;
    }
}

#[tokio::test]
async fn what_is_held_goes_out_and_arrives_here_at_its_time() {
    let stub = Stub::start("127.0.0.1:0", Script::offering(ALL)).await;
    let clock = Clock::default();
    let alice = to(&stub).clock(clock.clone()).start().await.unwrap();
    let mut client = submission(&alice, "alice@a.test", "alice-secret").await;
    let recipients = ["<bob@b.test>", "<alice@a.test> NOTIFY=SUCCESS"];
    send(
        &mut client,
        "<alice@a.test> HOLDFOR=3600",
        &recipients,
        b"Return-Path: <x>\r\nSubject: later\r\n\r\n",
    )
    .await;
    clock.advance(Duration::from_secs(3590));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!((stub.sessions().len(), read_inbox(&alice, "alice").await.len()), (0, 0));
    clock.advance(Duration::from_secs(20));
    assert!(stub.told().await.contains("Subject: later\r\n"));
    let mut both = inbox(&alice, "alice", 2).await;
    both.sort_by_key(|message| message.contains("multipart/report"));
    assert!(both[0].starts_with("Return-Path: <alice@a.test>\r\nReceived: "), "{}", both[0]);
    assert_eq!(both[0].matches("Return-Path:").count(), 1);
    assert!(
        both[1].contains("Action: delivered\r\n") && both[1].contains("Future-Release-Request: for;3600\r\n")
    );
    alice.shutdown().await;
}

#[tokio::test]
async fn the_urgent_goes_first() {
    let stub = Stub::start("127.0.0.1:0", Script::offering(ALL)).await;
    let clock = Clock::default();
    let alice = to(&stub).clock(clock.clone()).start().await.unwrap();
    let mut client = submission(&alice, "alice@a.test", "alice-secret").await;
    for priority in ["-4", "0", "6"] {
        let mail = format!("<alice@a.test> HOLDFOR=60 MT-PRIORITY={priority}");
        send(&mut client, &mail, &["<bob@b.test>"], b"Subject: x\r\n\r\n").await;
    }
    clock.advance(Duration::from_secs(61));
    let told = stub.told().await;
    let order: Vec<&str> =
        told.split("MT-PRIORITY=").skip(1).map(|rest| rest.split("\r\n").next().unwrap()).collect();
    assert_eq!(order, ["6", "0", "-4"]);
    assert_eq!(stub.sessions().len(), 1, "over one connection");
    alice.shutdown().await;
}

#[tokio::test]
async fn etrn_starts_what_waits() {
    let script = Script::default().saying("MAIL", "450 4.2.0 later");
    let stub = Stub::start("127.0.0.1:0", script).await;
    let alice = to(&stub).start().await.unwrap();
    sent(&alice, "", "", b"Subject: x\r\n\r\n").await;
    stub.told().await;
    let mut client = Client::connect(&alice, Service::Smtp).await;
    client.ask("EHLO b.test").await;
    assert!(client.ask("ETRN c.test").await.starts_with("251 "));
    assert!(client.ask("ETRN a.test").await.starts_with("459 "));
    assert!(client.ask("ETRN #x").await.starts_with("458 "));
    assert!(client.ask("ETRN b test").await.starts_with("501 "));
    let reply = client.ask("ETRN @test").await;
    assert!(reply.starts_with("253 2.0.0 OK, 1 "), "{reply}");
    stub.until(|all| all.concat().matches("MAIL").count() == 2).await;
    alice.shutdown().await;
}

#[tokio::test]
async fn etrn_is_for_whom_it_was_said_to_be() {
    let here = std::net::IpAddr::from([127, 0, 0, 1]);
    let there = std::net::IpAddr::from([192, 0, 2, 1]);
    let alice =
        builder("a.test", "alice").etrn("b.test", &[here]).etrn("c.test", &[there]).etrn("D.test", &[]);
    let alice = alice.start().await.unwrap();
    let mut client = Client::connect(&alice, Service::Smtp).await;
    client.ask("EHLO b.test").await;
    for (node, code) in [
        ("b.test", "251 "),
        ("B.Test", "251 "),
        ("below.b.test", "251 "),
        ("@b.test", "251 "),
        ("d.test", "251 "),
        // From elsewhere, not named, above what is named, and a name that only ends like one.
        ("c.test", "459 4.7.1 "),
        ("e.test", "459 4.7.1 "),
        ("@test", "459 4.7.1 "),
        ("notb.test", "459 4.7.1 "),
    ] {
        let reply = client.ask(&format!("ETRN {node}")).await;
        assert!(reply.starts_with(code), "{node}: {reply}");
    }
    alice.shutdown().await;
}

#[tokio::test]
async fn octets_are_made_fit_or_the_message_comes_back() {
    let stub = Stub::start("127.0.0.1:0", Script::offering(&["PIPELINING", "SIZE"])).await;
    let alice = to(&stub).start().await.unwrap();
    let message = "Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nh\u{e9}\r\n";
    sent(&alice, " BODY=8BITMIME", "", message.as_bytes()).await;
    let told = stub.told().await;
    assert!(told.contains("Content-Transfer-Encoding: quoted-printable\r\n\r\nh=C3=A9\r\n.\r\n"), "{told}");
    assert!(!told.contains("BODY=") && !told.contains("SIZE="), "{told}");
    sent(&alice, " BODY=8BITMIME", "", "Subject: h\u{e9}\r\n\r\n".as_bytes()).await;
    let back = report(&alice).await;
    assert!(back.contains("Action: failed\r\nStatus: 5.6.3\r\n"), "{back}");
    sent(&alice, " SMTPUTF8 BODY=8BITMIME", "", "Subject: h\u{e9}\r\n\r\n".as_bytes()).await;
    let back = inbox(&alice, "alice", 2).await.remove(1);
    assert!(back.contains("Action: failed\r\nStatus: 5.6.9\r\n"), "{back}");
    alice.shutdown().await;
}

/// Two servers, the first of which believes the second's authority.
async fn over_tls(tls: RelayTls, name: &str) -> (Server, Server) {
    let bob = builder("b.test", "bob").start().await.unwrap();
    let port = bob.address(Service::Smtp).unwrap().port();
    let alice = builder("a.test", "alice")
        .relay_authorities(bob.ca_pem())
        .unwrap()
        .route("b.test", NextHop::new(name, port).tls(tls))
        .start()
        .await
        .unwrap();
    (alice, bob)
}

/// Submits under TLS, where REQUIRETLS is offered.
async fn required(alice: &Server, message: &[u8]) {
    let mut client = secure_submission(alice, "alice@a.test", "alice-secret").await;
    send(&mut client, "<alice@a.test> REQUIRETLS RET=FULL", &["<bob@b.test>"], message).await;
}

#[tokio::test]
async fn what_must_be_under_tls_goes_only_to_who_is_verified_and_promises_the_same() {
    let (alice, bob) = over_tls(RelayTls::Opportunistic, "localhost").await;
    required(&alice, b"Subject: secret\r\n\r\nbody\r\n").await;
    assert!(inbox(&bob, "bob", 1).await[0].contains("with ESMTPS "));
    alice.shutdown().await;
    // Nobody offers it.
    let stub = Stub::start("127.0.0.1:0", Script::offering(ALL)).await;
    let alice = to(&stub).relay_authorities(bob.ca_pem()).unwrap().start().await.unwrap();
    required(&alice, b"Subject: secret\r\n\r\nbody\r\n").await;
    let back = report(&alice).await;
    assert!(back.contains("Action: failed\r\nStatus: 5.7.10\r\n"), "{back}");
    assert!(!back.contains("\r\nbody\r\n"), "RET=FULL is not obeyed: {back}");
    assert!(!stub.told().await.contains("MAIL"));
    alice.shutdown().await;
    bob.shutdown().await;
}

#[tokio::test]
async fn a_server_with_another_name_is_not_verified() {
    let bob = builder("b.test", "bob").start().await.unwrap();
    let stranger = builder("c.test", "carol").start().await.unwrap();
    let port = bob.address(Service::Smtp).unwrap().port();
    let verified = NextHop::new("127.0.0.1", port).tls(RelayTls::Verified);
    let alice = builder("a.test", "alice").relay_authorities(stranger.ca_pem()).unwrap();
    let alice = alice.route("b.test", verified).start().await.unwrap();
    // Waits, since it may be mended; but not who says that TLS does not matter so much.
    sent(&alice, "", "", b"Subject: waits\r\n\r\n").await;
    sent(&alice, "", "", b"Subject: goes\r\nTLS-Required: No\r\n\r\n").await;
    let all = inbox(&bob, "bob", 1).await;
    assert!(all.len() == 1 && all[0].contains("Subject: goes\r\n"), "{all:?}");
    let (friend, bob2) = over_tls(RelayTls::Verified, "127.0.0.1").await;
    sent(&friend, "", "", b"Subject: verified\r\n\r\n").await;
    assert!(inbox(&bob2, "bob", 1).await[0].contains("Subject: verified\r\n"));
    for server in [alice, bob, stranger, friend, bob2] {
        server.shutdown().await;
    }
}
