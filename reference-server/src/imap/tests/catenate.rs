//! CATENATE (RFC 4469): messages from texts and from parts of others.

use super::harness::{Client, World};

const OLD: &str = "Subject: old\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: text/x\r\n\r\ntwo\r\n--b--\r\n";

async fn content(client: &mut Client, number: u32) -> String {
    let told = client.ok(&format!("FETCH {number} BODY.PEEK[]")).await.concat();
    told.split_once("}\r\n").unwrap().1.strip_suffix(')').unwrap().to_owned()
}

#[tokio::test]
async fn texts_and_sections_follow_each_other() {
    let world = World::new().await;
    world.deliver(OLD).await;
    let mut client = world.inbox().await;
    let done = client
        .done(
            "APPEND INBOX (\\Draft) CATENATE (URL /INBOX/;UID=1/;SECTION=HEADER TEXT {5+}\r\n--b\r\n URL \
             \"/INBOX/;UID=1/;SECTION=2.MIME\" URL \"/INBOX/;UID=1/;SECTION=1\" TEXT {9+}\r\n\r\n--b--\r\n)",
        )
        .await;
    assert!(done.starts_with("OK [APPENDUID "), "{done}");
    let header = OLD.split_inclusive("\r\n\r\n").next().unwrap();
    let expected = format!("{header}--b\r\nContent-Type: text/x\r\n\r\none\r\n--b--\r\n");
    assert_eq!(content(&mut client, 2).await, expected);
    assert_eq!(client.ok("FETCH 1:2 FLAGS").await.concat().matches("\\Seen").count(), 0);
    client.ok("APPEND INBOX CATENATE (URL \"/INBOX/;UID=1/;SECTION=1/;PARTIAL=1.1\")").await;
    assert_eq!(content(&mut client, 3).await, "n");
}

#[tokio::test]
async fn several_messages_are_put_together_in_one_command_or_none() {
    let world = World::new().await;
    world.deliver(OLD).await;
    let mut client = world.inbox().await;
    client
        .ok("APPEND INBOX CATENATE (TEXT {1+}\r\na) ~{1+}\r\nb CATENATE (TEXT {1+}\r\nc TEXT {1+}\r\nd)")
        .await;
    for (number, expected) in [(2, "a"), (3, "b"), (4, "cd")] {
        assert_eq!(content(&mut client, number).await, expected);
    }
    let refused = client.no("APPEND INBOX {1+}\r\na CATENATE (URL /INBOX/;UID=99)").await;
    assert!(refused.starts_with("NO [BADURL /INBOX/;UID=99] "), "{refused}");
    assert_eq!(client.ok("STATUS INBOX (MESSAGES)").await, ["* STATUS INBOX (MESSAGES 4)"]);
}

#[tokio::test]
async fn the_first_url_without_a_part_is_told() {
    let world = World::new().await;
    world.deliver(OLD).await;
    let mut client = world.inbox().await;
    let validity = client.ok("STATUS INBOX (UIDVALIDITY)").await.concat();
    let validity: String = validity.chars().filter(char::is_ascii_digit).collect();
    client.ok(&format!("APPEND INBOX CATENATE (URL \"/inbox;uidvalidity={validity}/;uid=1\")")).await;
    for url in [
        "imap://alice@mail.example.test/INBOX/;UID=1",
        "/Missing/;UID=1",
        "/INBOX/;UID=7",
        "/INBOX/;UID=1/;SECTION=3",
        "/INBOX;UIDVALIDITY=1/;UID=1",
    ] {
        let refused =
            client.no(&format!("APPEND INBOX CATENATE (URL \"/INBOX/;UID=1\" URL \"{url}\")")).await;
        assert!(refused.starts_with(&format!("NO [BADURL {url}] ")), "{refused}");
    }
    assert!(client.no("APPEND INBOX CATENATE (URL \"a b]\")").await.starts_with("NO the URL "));
}

#[tokio::test]
async fn what_is_no_catenation_is_bad() {
    let world = World::new().await;
    let mut client = world.login().await;
    for wrong in [
        "()",
        "(TEXT \"a\")",
        "(TEXT ~{1+}\r\na)",
        "(URL /INBOX/;UID=1",
        "(BLOB {1+}\r\na)",
        "TEXT {1+}\r\na",
    ] {
        client.bad(&format!("APPEND INBOX CATENATE {wrong}")).await;
    }
    client.bad("APPEND INBOX CATENATE (TEXT {1+}\r\n\0)").await;
    assert!(client.no("APPEND INBOX CATENATE (TEXT {0+}\r\n)").await.starts_with("NO [CANNOT] "));
}

#[tokio::test]
async fn large_parts_are_copied_and_too_large_a_sum_is_refused() {
    let world = World::with(&[], |shared| shared.limits.message_octets = 1_000_000).await;
    let body = "0123456789abcde\n".repeat(25_000);
    world.deliver(&format!("Subject: x\r\n\r\n{body}")).await;
    let mut client = world.inbox().await;
    let text = "y".repeat(200_000);
    client
        .ok(&format!(
            "APPEND INBOX CATENATE (TEXT {{{}+}}\r\n{text} URL /INBOX/;UID=1/;SECTION=TEXT/;PARTIAL=7.300000)",
            text.len()
        ))
        .await;
    assert!(content(&mut client, 2).await == format!("{text}{}", &body[7..300_007]));
    let twice = "URL /INBOX/;UID=1 URL /INBOX/;UID=1";
    client.ok(&format!("APPEND INBOX CATENATE ({twice})")).await;
    let refused = client.no(&format!("APPEND INBOX CATENATE ({twice} URL /INBOX/;UID=1)")).await;
    assert!(refused.starts_with("NO [TOOBIG] "), "{refused}");
    let refused = client.no(&format!("APPEND INBOX CATENATE ({twice}) CATENATE ({twice})")).await;
    assert!(refused.starts_with("NO [TOOBIG] "), "{refused}");
}

#[tokio::test]
async fn what_is_copied_is_what_the_client_would_be_sent() {
    let world = World::new().await;
    world.deliver("Subject: \u{e9}\r\n\r\nx").await;
    let mut old = world.inbox().await;
    old.ok("APPEND INBOX CATENATE (URL /INBOX/;UID=1)").await;
    assert_eq!(content(&mut old, 2).await, "Subject: =?utf-8?b?w6k=?=\r\n\r\nx");
    let text = "A: \u{e9}\r\n\r\n";
    let refused = old.no(&format!("APPEND INBOX CATENATE (TEXT {{{}+}}\r\n{text})", text.len())).await;
    assert!(refused.starts_with("NO [CANNOT] "), "{refused}");
    let mut new = world.login().await;
    new.ok("ENABLE UTF8=ACCEPT").await;
    new.ok(&format!("APPEND INBOX CATENATE (URL /INBOX/;UID=1 UTF8 (~{{{}+}}\r\n{text}))", text.len())).await;
    new.ok("SELECT INBOX").await;
    assert_eq!(content(&mut new, 3).await, format!("Subject: \u{e9}\r\n\r\nx{text}"));
}

#[tokio::test]
async fn a_part_of_another_users_mailbox_needs_the_right_to_read_it() {
    let world = World::new().await;
    world.shared.authenticator.put_account("bob@example.test", "secret").await.unwrap();
    let mut alice = world.login().await;
    alice.ok("CREATE Work").await;
    alice.ok("APPEND Work {9+}\r\nA: b\r\n\r\nc").await;
    let mut bob = world.connect().await;
    bob.ok("LOGIN bob secret").await;
    let append = "APPEND INBOX CATENATE (URL \"/Other%20Users/alice/Work/;UID=1\")";
    alice.ok("SETACL Work bob lp").await;
    assert!(bob.no(append).await.starts_with("NO [BADURL /Other%20Users/alice/Work/;UID=1] "));
    alice.ok("SETACL Work bob +r").await;
    bob.ok(append).await;
    bob.ok("SELECT INBOX").await;
    assert_eq!(content(&mut bob, 1).await, "A: b\r\n\r\nc");
}
