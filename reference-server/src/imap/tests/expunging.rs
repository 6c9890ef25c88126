//! EXPUNGE, and what other sessions are told of it.

use super::harness::World;
use crate::store::{MailboxName, Named, NewMessage};

async fn world(messages: usize) -> World {
    let world = World::new().await;
    for number in 1..=messages {
        world.deliver(&format!("Subject: {number}\r\n\r\ntext {number}\r\n")).await;
    }
    world
}

#[tokio::test]
async fn numbers_shift_with_each_expunge() {
    let world = world(5).await;
    let mut client = world.inbox().await;
    client.ok("STORE 2:3,5 +FLAGS.SILENT (\\Deleted)").await;
    assert_eq!(client.ok("EXPUNGE").await, ["* 2 EXPUNGE", "* 2 EXPUNGE", "* 3 EXPUNGE", "* 2 RECENT"]);
    assert_eq!(client.ok("UID SEARCH ALL").await, ["* SEARCH 1 4"]);
    assert_eq!(client.ok("EXPUNGE").await, Vec::<String>::new());
}

#[tokio::test]
async fn uid_expunge_takes_only_what_is_named_and_deleted() {
    let world = world(4).await;
    let mut client = world.inbox().await;
    client.ok("STORE 1:3 +FLAGS.SILENT (\\Deleted)").await;
    assert_eq!(client.ok("UID EXPUNGE 2:100").await, ["* 2 EXPUNGE", "* 2 EXPUNGE", "* 2 RECENT"]);
    assert_eq!(client.ok("UID SEARCH ALL").await, ["* SEARCH 1 4"]);
    client.bad("UID EXPUNGE").await;
}

#[tokio::test]
async fn an_expunge_of_another_session_waits_for_a_command_that_may_tell_it() {
    let world = world(3).await;
    let mut watcher = world.inbox().await;
    let mut other = world.inbox().await;
    other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    for quiet in ["FETCH 2:3 UID", "STORE 3 +FLAGS.SILENT (\\Flagged)", "SEARCH FLAGGED"] {
        let told = watcher.ok(quiet).await;
        assert!(!told.iter().any(|line| line.ends_with("EXPUNGE")), "{quiet}: {told:?}");
    }
    assert_eq!(watcher.ok("SEARCH FLAGGED").await, ["* SEARCH 3"]);
    let told = watcher.ok("NOOP").await;
    assert_eq!(told[0], "* 1 EXPUNGE");
    assert_eq!(watcher.ok("SEARCH FLAGGED").await, ["* SEARCH 2"]);
}

#[tokio::test]
async fn a_uid_command_may_tell_expunges() {
    let world = world(2).await;
    let mut watcher = world.inbox().await;
    let mut other = world.inbox().await;
    other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    let told = watcher.ok("UID FETCH 2 UID").await;
    assert_eq!(told[..2], ["* 2 FETCH (UID 2)", "* 1 EXPUNGE"]);
}

#[tokio::test]
async fn what_is_gone_and_not_told_is_answered_with_no() {
    let world = world(2).await;
    let mut watcher = world.inbox().await;
    let mut other = world.inbox().await;
    other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    let (untagged, end) = watcher.command("FETCH 1:2 BODY.PEEK[TEXT]").await;
    assert_eq!(untagged, ["* 2 FETCH (BODY[TEXT] {8}\r\ntext 2\r\n)"]);
    assert!(end.starts_with("NO [EXPUNGEISSUED] "), "{end}");
    assert!(watcher.no("STORE 1:2 +FLAGS.SILENT (\\Seen)").await.starts_with("NO [EXPUNGEISSUED] "));
    assert_eq!(watcher.ok("SEARCH ALL").await, ["* SEARCH 2"]);
    watcher.ok("CREATE there").await;
}

#[tokio::test]
async fn a_deleted_mailbox_leaves_its_sessions_with_nothing() {
    let world = World::new().await;
    let mut client = world.login().await;
    client.ok("CREATE gone").await;
    client.ok("APPEND gone {14}\r\nSubject: x\r\n\r\n").await;
    client.ok("SELECT gone").await;
    let told = client.ok("DELETE gone").await;
    assert_eq!(told[0], "* 1 EXPUNGE");
    client.bad("FETCH 1 FLAGS").await;
    client.ok("NOOP").await;
    client.ok("EXPUNGE").await;
    client.ok("CLOSE").await;
}

#[tokio::test]
async fn many_messages_are_marked_and_expunged_in_several_jobs_and_told_as_one_command() {
    let world = World::new().await;
    let message = NewMessage::received(&b"A: b\r\n"[..]);
    let inbox = Named::own(world.alice.id, &MailboxName::inbox());
    world.shared.store.append(&inbox, vec![message; 2500]).await.unwrap();
    let mut client = world.inbox().await;
    let mut other = world.inbox().await;
    assert_eq!(client.ok("STORE 2:2500 +FLAGS (\\Deleted)").await.len(), 2499);
    assert!(client.ok("NOOP").await.is_empty(), "its own changes are no news");
    assert_eq!(other.ok("NOOP").await.len(), 2499);
    let told = client.ok("EXPUNGE").await;
    assert_eq!(told.iter().filter(|line| *line == "* 2 EXPUNGE").count(), 2499);
    assert_eq!(other.ok("NOOP").await.len(), 2499);
    assert_eq!(other.ok("FETCH 1:* UID").await, ["* 1 FETCH (UID 1)"]);
}
