//! After login: what is listed and sent (RFC 1939, sections 5 and 7), and lines
//! that are no commands.

use super::harness::World;

const ONE: &[u8] = b"Subject: one\r\n\r\nfirst\r\n.second\r\n.\r\n";
const TWO: &[u8] = b"Subject: two\r\n\r\n";

#[tokio::test]
async fn sizes_are_those_of_what_is_sent() {
    let world = World::new().await;
    for message in [ONE, TWO, b"Subject: cut", b"", b"\n.\n"] {
        world.deliver(message).await;
    }
    let mut client = world.login().await;
    let listed = client.multi("LIST").await;
    let mut total = 0;
    for (index, listing) in listed.iter().enumerate() {
        let number = index + 1;
        let payload = client.multi(&format!("RETR {number}")).await;
        let octets: usize = payload.iter().map(|line| line.len() + 2).sum();
        assert_eq!(*listing, format!("{number} {octets}"));
        assert_eq!(client.ok(&format!("LIST {number}")).await, format!("+OK {number} {octets}"));
        total += octets;
    }
    assert_eq!(client.ok("STAT").await, format!("+OK 5 {total}"));
}

#[tokio::test]
async fn retr_gives_the_message_with_its_dots() {
    let world = World::new().await;
    world.deliver(ONE).await;
    let mut client = world.login().await;
    let lines = client.multi("RETR 1").await;
    assert_eq!(lines, ["Subject: one", "", "first", ".second", "."]);
    client.ok("NOOP").await;
}

#[tokio::test]
async fn retr_frames_a_long_message_in_pieces() {
    let world = World::new().await;
    let mut message = b"Subject: long\r\n\r\n".to_vec();
    for number in 0..20_000 {
        message.extend(format!(".line {number}\r\n").bytes());
    }
    world.deliver(&message).await;
    let mut client = world.login().await;
    let lines = client.multi("RETR 1").await;
    assert_eq!(format!("{}\r\n", lines.join("\r\n")).as_bytes(), message);
}

#[tokio::test]
async fn top_gives_the_header_and_so_many_lines() {
    let world = World::new().await;
    world.deliver(ONE).await;
    let mut client = world.login().await;
    assert_eq!(client.multi("TOP 1 0").await, ["Subject: one", ""]);
    assert_eq!(client.multi("TOP 1 2").await, ["Subject: one", "", "first", ".second"]);
    let whole = client.multi("RETR 1").await;
    assert_eq!(client.multi("TOP 1 99999999999999999999").await, whole);
    for bad in ["TOP", "TOP 1", "TOP 1 -1", "TOP 2 0", "TOP 1 0 0"] {
        client.err(bad).await;
    }
}

#[tokio::test]
async fn unique_ids_stay_and_are_not_given_twice() {
    let world = World::new().await;
    for message in [ONE, TWO, ONE] {
        world.deliver(message).await;
    }
    let mut client = world.login().await;
    let before = client.multi("UIDL").await;
    assert_eq!(client.ok("UIDL 2").await, format!("+OK {}", before[1]));
    client.ok("DELE 3").await;
    assert_eq!(client.multi("UIDL").await, before[..2]);
    client.err("UIDL 3").await;
    client.ok("QUIT").await;
    world.deliver(TWO).await;
    let after = world.login().await.multi("UIDL").await;
    assert_eq!(after[..2], before[..2]);
    assert_ne!(after[2], before[2]);
    for listing in after {
        let (_, id) = listing.split_once(' ').unwrap();
        assert!((1..=70).contains(&id.len()) && id.bytes().all(|octet| octet.is_ascii_graphic()));
    }
}

#[tokio::test]
async fn a_marked_message_is_not_there_until_rset() {
    let world = World::new().await;
    for message in [ONE, TWO] {
        world.deliver(message).await;
    }
    let mut client = world.login().await;
    client.ok("DELE 1").await;
    for line in ["DELE 1", "RETR 1", "LIST 1", "UIDL 1", "TOP 1 1"] {
        client.err(line).await;
    }
    assert_eq!(client.ok("STAT").await, "+OK 1 16");
    assert_eq!(client.multi("LIST").await, ["2 16"]);
    client.ok("RSET").await;
    assert_eq!(client.multi("LIST").await.len(), 2);
    client.ok("RETR 1").await;
}

#[tokio::test]
async fn an_empty_maildrop_is_an_empty_list() {
    let world = World::new().await;
    let mut client = world.login().await;
    assert_eq!(client.ok("STAT").await, "+OK 0 0");
    assert!(client.multi("LIST").await.is_empty());
    assert!(client.multi("UIDL").await.is_empty());
}

#[tokio::test]
async fn mail_that_arrives_is_shown_to_the_next_session() {
    let world = World::new().await;
    let mut client = world.login().await;
    world.deliver(ONE).await;
    assert_eq!(client.ok("STAT").await, "+OK 0 0");
    client.ok("QUIT").await;
    assert!(world.login().await.ok("STAT").await.starts_with("+OK 1 "));
}

#[tokio::test]
async fn what_is_no_command_is_refused_and_the_session_goes_on() {
    let world = World::new().await;
    world.deliver(ONE).await;
    let mut client = world.login().await;
    let bad = [
        "",
        " ",
        "XYZZY",
        "RETR",
        "RETR ",
        "RETR one",
        "RETR 0",
        "RETR -1",
        "RETR 2",
        "RETR 1 ",
        "RETR  1",
        "DELE",
        "LIST 1 2",
        "LIST ",
        "STAT 1",
        "NOOP x",
        "QUIT now",
        "CAPA x",
        "RETR 4294967296",
        "NOOP\nNOOP",
        "DELE 18446744073709551617",
    ];
    for line in bad {
        client.err(line).await;
    }
    client.send(b"RETR \xff\x00\r\n").await;
    assert!(client.line().await.starts_with("-ERR"));
    assert!(client.ok("STAT").await.starts_with("+OK 1 "));
}

#[tokio::test]
async fn a_command_has_at_most_255_octets() {
    let world = World::new().await;
    let mut client = world.connect().await;
    client.ok(&format!("USER {}", "x".repeat(248))).await;
    client.err(&format!("USER {}", "x".repeat(249))).await;
    client.err(&format!("USER {}", "x".repeat(100_000))).await;
    client.ok("CAPA").await;
}

#[tokio::test]
async fn pipelined_commands_are_answered_in_turn() {
    let world = World::new().await;
    world.deliver(TWO).await;
    let mut client = world.connect().await;
    client
        .send(b"USER alice\r\nPASS alice secret\r\nRETR 1\r\nDELE 1\r\nSTAT\r\nRETR 1\r\nRSET\r\nQUIT\r\n")
        .await;
    for expected in
        ["+OK send", "+OK maildrop", "+OK 16", "Subject: two", "", ".", "+OK", "+OK 0 0", "-ERR", "+OK"]
    {
        let line = client.line().await;
        assert!(line.starts_with(expected), "{expected}: {line}");
    }
    assert!(client.closed().await.starts_with(b"+OK goodbye"));
    assert_eq!(world.count().await, 1);
}

#[tokio::test]
async fn too_many_errors_end_the_session() {
    let world = World::with(&[], |shared| shared.limits.errors = 2).await;
    world.deliver(ONE).await;
    let mut client = world.login().await;
    client.ok("DELE 1").await;
    for _ in 0..3 {
        client.err("XYZZY").await;
    }
    assert_eq!(client.closed().await, b"");
    assert_eq!(world.count().await, 1, "not by QUIT, so nothing is removed");
}

#[tokio::test]
async fn without_stuffing_a_client_takes_a_dot_for_the_end() {
    let world = World::deviating("pop3-dots-not-stuffed").await;
    world.deliver(b"Subject: s\r\n\r\n.\r\nlost\r\n").await;
    let mut client = world.login().await;
    assert_eq!(client.multi("RETR 1").await, ["Subject: s", ""]);
}

#[tokio::test]
async fn a_large_message_comes_whole_though_another_protocol_removes_it_meanwhile() {
    let world = World::new().await;
    let store = &world.shared.store;
    let mut incoming = crate::store::Incoming::without_structure(store);
    for number in 0..20_000 {
        incoming.push(format!("line {number}\r\n").as_bytes()).await.unwrap();
    }
    let content = incoming.finish().await.unwrap();
    let message = crate::store::NewMessage::received(content);
    let appended = store.deliver(vec![world.alice.id], message).await.unwrap();
    let mut client = world.login().await;
    client.ok("RETR 1").await;
    assert_eq!(client.line().await, "line 0");
    store.expunge(appended[0].mailbox, crate::store::Which::All).await.unwrap();
    let rest = client.payload().await;
    assert_eq!((rest.len(), rest.last().map(String::as_str)), (19_999, Some("line 19999")));
    client.ok("NOOP").await;
}
