//! What a session is told of the doings of others, at the end of commands and in IDLE.

use super::harness::World;

#[tokio::test]
async fn new_messages_and_flags_of_others_are_told_with_noop() {
    let world = World::new().await;
    world.deliver("Subject: 1\r\n\r\n").await;
    let mut watcher = world.inbox().await;
    let mut other = world.inbox().await;
    world.deliver("Subject: 2\r\n\r\n").await;
    other.ok("STORE 1 +FLAGS (\\Flagged)").await;
    let told = watcher.ok("NOOP").await;
    assert_eq!(told[0], "* 2 EXISTS");
    assert!(told[1].ends_with(" RECENT"), "{told:?}");
    assert_eq!(told[2], "* 1 FETCH (FLAGS (\\Flagged \\Recent))");
    assert_eq!(watcher.ok("NOOP").await, Vec::<String>::new());
    // The client's own numbers never meant a message that it had not been told of.
    world.deliver("Subject: 3\r\n\r\n").await;
    let told = watcher.ok("STORE 1:* +FLAGS (\\Deleted)").await;
    assert_eq!(told.iter().filter(|line| line.contains("\\Deleted")).count(), 2, "{told:?}");
    assert!(told.contains(&"* 3 EXISTS".to_owned()), "{told:?}");
}

#[tokio::test]
async fn the_current_flags_are_fetched_and_not_told_twice() {
    let world = World::new().await;
    world.deliver("Subject: 1\r\n\r\n").await;
    let mut watcher = world.inbox().await;
    let mut other = world.inbox().await;
    other.ok("STORE 1 +FLAGS (\\Flagged)").await;
    assert_eq!(watcher.ok("FETCH 1 FLAGS").await, ["* 1 FETCH (FLAGS (\\Flagged \\Recent))"]);
    assert_eq!(watcher.ok("NOOP").await, Vec::<String>::new());
    other.ok("STORE 1 -FLAGS (\\Flagged)").await;
    assert_eq!(
        watcher.ok("STORE 1 +FLAGS.SILENT (\\Seen)").await,
        ["* 1 FETCH (FLAGS (\\Seen \\Recent))"],
        "what another session changed is told even so"
    );
}

#[tokio::test]
async fn idle_tells_at_once_and_ends_with_done() {
    let world = World::new().await;
    world.deliver("Subject: 1\r\n\r\n").await;
    let mut watcher = world.inbox().await;
    let mut other = world.inbox().await;
    watcher.send(b"i IDLE\r\n").await;
    assert!(watcher.line().await.starts_with("+ "));
    world.deliver("Subject: 2\r\n\r\n").await;
    assert_eq!(watcher.line().await, "* 2 EXISTS");
    assert!(watcher.line().await.ends_with(" RECENT"));
    other.ok("STORE 1 +FLAGS (\\Deleted)").await;
    assert_eq!(watcher.line().await, "* 1 FETCH (FLAGS (\\Deleted \\Recent))");
    other.ok("EXPUNGE").await;
    assert_eq!(watcher.line().await, "* 1 EXPUNGE");
    while !watcher.line().await.ends_with(" RECENT") {}
    watcher.send(b"done\r\n").await;
    assert!(watcher.line().await.starts_with("i OK "));
    watcher.ok("NOOP").await;
}

#[tokio::test]
async fn idle_works_without_a_mailbox_and_wants_done() {
    let world = World::new().await;
    let mut client = world.login().await;
    client.send(b"i IDLE\r\nDONE\r\n").await;
    assert!(client.line().await.starts_with("+ "));
    assert!(client.line().await.starts_with("i OK "));
    client.send(b"i IDLE\r\nNOOP\r\n").await;
    assert!(client.line().await.starts_with("+ "));
    assert!(client.line().await.starts_with("i BAD "));
    client.ok("NOOP").await;
}

#[tokio::test]
async fn a_slow_reader_in_idle_gets_every_line_whole() {
    let world = World::new().await;
    for _ in 0..200 {
        world.deliver("Subject: x\r\n\r\n").await;
    }
    let mut watcher = world.inbox().await;
    let mut other = world.inbox().await;
    watcher.send(b"i IDLE\r\n").await;
    assert!(watcher.line().await.starts_with("+ "));
    // More than the pipe holds, several times, and nobody reads.
    for change in ["+FLAGS.SILENT", "-FLAGS.SILENT", "+FLAGS.SILENT"] {
        other.ok(&format!("STORE 1:* {change} (\\Flagged)")).await;
        tokio::task::yield_now().await;
    }
    watcher.send(b"DONE\r\n").await;
    loop {
        let line = watcher.line().await;
        if line.starts_with("i OK ") {
            break;
        }
        let number: u32 = line.split(' ').nth(1).and_then(|number| number.parse().ok()).expect(&line);
        let flagged = if line.contains("\\Flagged") { "\\Flagged " } else { "" };
        assert_eq!(line, format!("* {number} FETCH (FLAGS ({flagged}\\Recent))"));
    }
    assert_eq!(watcher.ok("SEARCH UNFLAGGED").await, ["* SEARCH"]);
}
