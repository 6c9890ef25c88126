//! Each deviation changes what a client sees, and only that.

use super::harness::World;

async fn deviating(id: &str) -> World {
    let world = World::with(&[id], |_| {}).await;
    for number in 1..=2 {
        world.deliver(&format!("Subject: {number}\r\n\r\ntext\r\n")).await;
    }
    world
}

#[tokio::test]
async fn expunges_are_told_during_fetch() {
    let world = deviating("imap-expunge-during-fetch").await;
    let mut watcher = world.inbox().await;
    let mut other = world.inbox().await;
    other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    assert!(watcher.ok("FETCH 2 UID").await.contains(&"* 1 EXPUNGE".to_owned()));
}

#[tokio::test]
async fn not_is_ignored() {
    let world = deviating("imap-search-not-ignored").await;
    let mut client = world.inbox().await;
    client.ok("STORE 1 +FLAGS.SILENT (\\Seen)").await;
    assert_eq!(client.ok("SEARCH NOT SEEN").await, ["* SEARCH 1"]);
    assert_eq!(client.ok("SEARCH UNSEEN").await, ["* SEARCH 2"]);
}

#[tokio::test]
async fn uid_fetch_keeps_the_uid_to_itself() {
    let world = deviating("imap-uid-fetch-without-uid").await;
    let mut client = world.inbox().await;
    assert_eq!(client.ok("UID FETCH 1 FLAGS").await, ["* 1 FETCH (FLAGS (\\Recent))"]);
    assert_eq!(client.ok("UID FETCH 1 UID").await, ["* 1 FETCH (UID 1)"]);
}

#[tokio::test]
async fn a_body_has_a_line_too_many() {
    let world = deviating("imap-body-lines-off-by-one").await;
    let mut client = world.inbox().await;
    let found = client.ok("FETCH 1 BODY").await.join("");
    assert!(found.ends_with("\"7BIT\" 6 2))"), "{found}");
}
