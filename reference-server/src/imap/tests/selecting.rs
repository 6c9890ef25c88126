//! SELECT, EXAMINE and CLOSE.

use super::harness::World;

#[tokio::test]
async fn select_tells_all_that_is_required() {
    let world = World::new().await;
    world.deliver("Subject: one\r\n\r\n").await;
    world.deliver("Subject: two\r\n\r\n").await;
    let mut client = world.login().await;
    let (untagged, end) = client.command("SELECT inbox").await;
    assert!(end.starts_with("OK [READ-WRITE] "), "{end}");
    let text = untagged.join("\n");
    for wanted in [
        "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)",
        "* 2 EXISTS",
        "* 2 RECENT",
        "* OK [UNSEEN 1] ",
        "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] ",
        "* OK [UIDVALIDITY ",
        "* OK [UIDNEXT 3] ",
    ] {
        assert!(text.contains(wanted), "{wanted} in {text}");
    }
    client.ok("STORE 1:2 +FLAGS (\\Seen)").await;
    let untagged = client.ok("SELECT INBOX").await;
    assert!(untagged.contains(&"* 0 RECENT".to_owned()));
    assert!(!untagged.iter().any(|line| line.contains("UNSEEN")), "{untagged:?}");
}

#[tokio::test]
async fn examine_changes_nothing() {
    let world = World::new().await;
    world.deliver("Subject: one\r\n\r\ntext\r\n").await;
    let mut client = world.login().await;
    for _ in 0..2 {
        let (untagged, end) = client.command("EXAMINE INBOX").await;
        assert!(end.starts_with("OK [READ-ONLY] "), "{end}");
        assert!(untagged.contains(&"* 1 RECENT".to_owned()), "{untagged:?}");
        assert!(untagged.iter().any(|line| line.starts_with("* OK [PERMANENTFLAGS ()] ")));
    }
    client.ok("FETCH 1 BODY[]").await;
    assert_eq!(client.ok("FETCH 1 FLAGS").await, ["* 1 FETCH (FLAGS (\\Recent))"]);
    client.no("STORE 1 +FLAGS (\\Deleted)").await;
    client.no("EXPUNGE").await;
    client.ok("CLOSE").await;
    assert_eq!(client.ok("STATUS INBOX (MESSAGES RECENT)").await, ["* STATUS INBOX (MESSAGES 1 RECENT 1)"]);
}

#[tokio::test]
async fn a_select_that_fails_deselects_and_a_bad_one_does_not() {
    let world = World::new().await;
    let mut client = world.inbox().await;
    client.bad("SELECT").await;
    client.ok("CHECK").await;
    assert!(client.no("SELECT missing").await.contains("[NONEXISTENT]"));
    client.bad("CHECK").await;
}

#[tokio::test]
async fn close_expunges_without_a_word() {
    let world = World::new().await;
    world.deliver("Subject: one\r\n\r\n").await;
    world.deliver("Subject: two\r\n\r\n").await;
    let mut client = world.inbox().await;
    client.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    assert_eq!(client.ok("CLOSE").await, Vec::<String>::new());
    client.bad("CHECK").await;
    assert_eq!(client.ok("STATUS INBOX (MESSAGES)").await, ["* STATUS INBOX (MESSAGES 1)"]);
}

#[tokio::test]
async fn recent_belongs_to_the_first_session_that_is_told() {
    let world = World::new().await;
    world.deliver("Subject: one\r\n\r\n").await;
    let mut first = world.inbox().await;
    let mut second = world.login().await;
    assert!(second.ok("SELECT INBOX").await.contains(&"* 0 RECENT".to_owned()));
    assert_eq!(first.ok("FETCH 1 FLAGS").await, ["* 1 FETCH (FLAGS (\\Recent))"]);
    assert_eq!(second.ok("FETCH 1 FLAGS").await, ["* 1 FETCH (FLAGS ())"]);
    assert_eq!(first.ok("SEARCH NEW").await, ["* SEARCH 1"]);
    assert_eq!(second.ok("SEARCH OLD").await, ["* SEARCH 1"]);
}
