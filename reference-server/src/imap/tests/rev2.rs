//! IMAP4rev2 (RFC 9051) beside IMAP4rev1: what ENABLE changes, and what it leaves.

use super::harness::{Client, World};

async fn enabled(world: &World) -> Client {
    let mut client = world.login().await;
    assert_eq!(client.ok("ENABLE imap4REV2").await, ["* ENABLED IMAP4rev2"]);
    client
}

#[tokio::test]
async fn select_tells_the_name_and_nothing_recent() {
    let world = World::new().await;
    world.deliver("Subject: one\r\n\r\n").await;
    let mut client = enabled(&world).await;
    let told = client.ok("SELECT INBOX").await;
    assert!(told.contains(&"* LIST (\\HasNoChildren) \"/\" INBOX".to_owned()), "{told:?}");
    assert!(!told.iter().any(|line| line.contains("RECENT") || line.contains("UNSEEN")), "{told:?}");
    assert_eq!(client.ok("FETCH 1 FLAGS").await, ["* 1 FETCH (FLAGS ())"]);
    world.deliver("Subject: two\r\n\r\n").await;
    assert_eq!(client.ok("NOOP").await, ["* 2 EXISTS"]);
}

#[tokio::test]
async fn what_others_changed_is_told_with_the_uid() {
    let world = World::new().await;
    world.deliver("Subject: one\r\n\r\n").await;
    let mut client = enabled(&world).await;
    client.ok("SELECT INBOX").await;
    world.inbox().await.ok("STORE 1 +FLAGS (\\Seen)").await;
    assert_eq!(client.ok("NOOP").await, ["* 1 FETCH (UID 1 FLAGS (\\Seen))"]);
}

#[tokio::test]
async fn every_search_is_answered_by_esearch() {
    let world = World::new().await;
    world.deliver("Subject: =?utf-8?q?=C3=A9t=C3=A9?=\r\n\r\n").await;
    let mut client = enabled(&world).await;
    client.ok("SELECT INBOX").await;
    assert_eq!(client.ok("SEARCH SUBJECT \"\u{e9}t\u{e9}\"").await, ["* ESEARCH (TAG \"t4\") ALL 1"]);
    assert_eq!(client.ok("UID SEARCH SEEN").await, ["* ESEARCH (TAG \"t5\") UID"]);
    assert_eq!(client.ok("SEARCH SMALLER 9223372036854775807").await, ["* ESEARCH (TAG \"t6\") ALL 1"]);
    client.bad("SEARCH SMALLER 9223372036854775808").await;
    let mut other = world.inbox().await;
    assert_eq!(other.ok("SEARCH ALL").await, ["* SEARCH 1"]);
    other.bad("SEARCH SUBJECT \"\u{e9}t\u{e9}\"").await;
}

#[tokio::test]
async fn a_name_is_the_same_in_both_encodings() {
    let world = World::new().await;
    let (mut new, mut old) = (enabled(&world).await, world.login().await);
    new.ok("CREATE \"\u{e9}&\"").await;
    assert_eq!(new.ok("LIST \"\" \"\u{e9}*\"").await, ["* LIST (\\HasNoChildren) \"/\" \"\u{e9}&\""]);
    assert_eq!(old.ok("LIST \"\" &AOk-*").await, ["* LIST (\\HasNoChildren) \"/\" &AOk-&-"]);
    assert_eq!(new.ok("STATUS \"\u{e9}&\" (DELETED)").await, ["* STATUS \"\u{e9}&\" (DELETED 0)"]);
    let told = "* LIST (\\HasNoChildren) \"/\" \"\u{e9}\" (\"OLDNAME\" (\"e\u{301}\"))";
    assert_eq!(new.ok("CREATE \"e\u{301}\"").await, [told]);
    assert!(new.no("CREATE \"e\u{301}\"").await.starts_with("NO [ALREADYEXISTS] "));
    assert_eq!(new.ok("LIST \"\" \"e\u{301}\"").await, ["* LIST (\\HasNoChildren) \"/\" \"\u{e9}\""]);
    assert!(new.ok("SELECT \"e\u{301}\"").await.contains(&told.to_owned()));
    let told = "* LIST (\\HasNoChildren) \"/\" \"\u{e8}\" (\"OLDNAME\" (\"\u{e9}\"))";
    assert_eq!(new.ok("RENAME \"\u{e9}\" \"e\u{300}\"").await.last().unwrap(), told);
    let told = "* LIST (\\NonExistent \\HasNoChildren) \"/\" \"\u{e8}\" (\"OLDNAME\" (\"e\u{300}\"))";
    assert_eq!(new.ok("DELETE \"e\u{300}\"").await.last().unwrap(), told);
    let told = "* LIST (\\HasNoChildren) \"/\" INBOX (\"OLDNAME\" (inbox))";
    assert!(new.ok("SELECT inbox").await.contains(&told.to_owned()));
    assert!(new.ok("CREATE foo/").await.is_empty());
    new.bad("LIST \"\" \u{e9}").await;
}

#[tokio::test]
async fn what_is_withheld_is_not_enabled() {
    let world = World::with(&[], |shared| shared.imap.withheld.push("IMAP4REV2".to_owned())).await;
    let mut client = world.login().await;
    assert_eq!(client.ok("ENABLE IMAP4rev2").await, ["* ENABLED"]);
    assert!(client.ok("SELECT INBOX").await.contains(&"* 0 RECENT".to_owned()));
}

/// RFC 7888, section 5.
#[tokio::test]
async fn with_literal_minus_large_literals_wait_to_be_asked_for() {
    let world = World::with(&[], |shared| shared.imap.withheld.push("LITERAL+".to_owned())).await;
    let mut client = world.login().await;
    let told = client.ok("CAPABILITY").await;
    assert!(told[0].contains(" LITERAL- ") && !told[0].contains("LITERAL+"), "{told:?}");
    let large = "x".repeat(4097);
    assert!(client.bad(&format!("APPEND INBOX {{4097+}}\r\n{large}")).await.starts_with("BAD [TOOBIG] "));
    client.ok(&format!("APPEND INBOX {{4097}}\r\n{large}")).await;
    client.ok(&format!("APPEND INBOX {{4096+}}\r\n{}", &large[1..])).await;
}
