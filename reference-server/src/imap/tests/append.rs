//! APPEND, and the UIDs that it tells.

use super::harness::World;

#[tokio::test]
async fn a_message_is_appended_with_flags_and_date() {
    let world = World::new().await;
    let mut client = world.inbox().await;
    let (untagged, end) = client
        .command("APPEND INBOX (\\Seen $Label) \" 7-Feb-1994 21:52:25 -0800\" {14}\r\nSubject: x\r\n\r\n")
        .await;
    assert!(end.starts_with("OK [APPENDUID ") && end.contains(" 1] "), "{end}");
    assert!(untagged.contains(&"* 1 EXISTS".to_owned()), "{untagged:?}");
    assert_eq!(
        client.ok("FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE)").await,
        [
            "* 1 FETCH (FLAGS (\\Seen $Label \\Recent) INTERNALDATE \" 7-Feb-1994 21:52:25 -0800\" RFC822.SIZE 14)"
        ]
    );
}

#[tokio::test]
async fn a_missing_mailbox_is_not_made() {
    let world = World::new().await;
    let mut client = world.login().await;
    assert!(client.no("APPEND missing {2}\r\nhi").await.starts_with("NO [TRYCREATE] "));
    assert!(!client.no("APPEND a&b {2}\r\nhi").await.contains("TRYCREATE"));
    assert_eq!(client.ok("LIST \"\" *").await, ["* LIST (\\HasNoChildren) \"/\" INBOX"]);
}

#[tokio::test]
async fn what_is_wrong_is_refused_before_the_message_is_sent() {
    let world = World::with(&[], |shared| shared.limits.message_octets = 100).await;
    let mut client = world.login().await;
    for wrong in [
        "APPEND INBOX (\\Recent) {2}",
        "APPEND INBOX \"1-Feb-1994 00:00:00 +0000\" {2}",
        "APPEND INBOX () () {2}",
        "APPEND {2}",
    ] {
        client.send(format!("a {wrong}\r\n").as_bytes()).await;
        let answer = client.line().await;
        if wrong == "APPEND {2}" {
            assert!(answer.starts_with("+ "), "{answer}");
            client.send(b"hi\r\n").await;
            assert!(client.line().await.starts_with("a BAD "));
        } else {
            assert!(answer.starts_with("a BAD "), "{wrong}: {answer}");
        }
    }
    client.send(b"a APPEND INBOX {101}\r\n").await;
    assert!(client.line().await.starts_with("a NO [TOOBIG] "));
    client.bad("APPEND INBOX {3}\r\na\0b").await;
    assert_eq!(client.ok("STATUS INBOX (MESSAGES)").await, ["* STATUS INBOX (MESSAGES 0)"]);
}

#[tokio::test]
async fn eight_bit_text_and_odd_line_ends_come_back_octet_for_octet() {
    let world = World::new().await;
    let mut client = world.inbox().await;
    let message = "A: e\r\n\r\n\u{e9}a\nb\r\r\nc\u{fc}}\r\n";
    let size = message.len();
    client.ok(&format!("APPEND INBOX {{{size}+}}\r\n{message}")).await;
    let expected = format!("* 1 FETCH (BODY[] {{{size}}}\r\n{message})");
    assert_eq!(client.ok("FETCH 1 BODY.PEEK[]").await, [expected]);
}
