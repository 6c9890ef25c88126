//! The UPDATE state, and the ends of a session that do not lead there (RFC 1939,
//! sections 3 and 6).

use std::time::Duration;

use super::harness::World;

const MESSAGE: &[u8] = b"Subject: s\r\n\r\n";

async fn world_with(messages: usize, deviations: &[&str]) -> World {
    let world = World::with(deviations, |_| {}).await;
    for _ in 0..messages {
        world.deliver(MESSAGE).await;
    }
    world
}

#[tokio::test]
async fn quit_removes_what_is_marked_and_nothing_else() {
    let world = world_with(3, &[]).await;
    let mut client = world.login().await;
    let ids = client.multi("UIDL").await;
    client.ok("DELE 2").await;
    assert_eq!(world.count().await, 3, "nothing goes before QUIT");
    assert_eq!(client.ok("QUIT").await, "+OK goodbye, 2 messages left");
    assert_eq!(world.count().await, 2, "gone by the time of the reply");
    assert_eq!(client.closed().await, b"");
    let after = world.login().await.multi("UIDL").await;
    let id = |listing: &str| listing.split(' ').nth(1).unwrap().to_owned();
    assert_eq!(after.iter().map(|listing| id(listing)).collect::<Vec<_>>(), [id(&ids[0]), id(&ids[2])]);
}

#[tokio::test]
async fn a_lost_connection_removes_nothing() {
    let world = world_with(2, &[]).await;
    let mut client = world.login().await;
    client.ok("DELE 1").await;
    client.drop_connection().await;
    assert_eq!(world.count().await, 2);
}

#[tokio::test]
async fn a_quit_that_is_not_complete_removes_nothing() {
    let world = world_with(1, &[]).await;
    let mut client = world.login().await;
    client.ok("DELE 1").await;
    client.send(b"QUIT\r").await;
    client.drop_connection().await;
    assert_eq!(world.count().await, 1);
}

#[tokio::test]
async fn an_idle_session_is_closed_without_a_word_after_ten_minutes_and_removes_nothing() {
    let world = world_with(1, &[]).await;
    let mut client = world.login().await;
    client.ok("DELE 1").await;
    // Not before: the store's threads do not wait for a clock that runs ahead.
    tokio::time::pause();
    tokio::time::sleep(Duration::from_secs(599)).await;
    client.ok("NOOP").await;
    tokio::time::sleep(Duration::from_secs(601)).await;
    assert_eq!(client.closed().await, b"");
    tokio::time::resume();
    assert_eq!(world.count().await, 1);
}

#[tokio::test]
async fn messages_that_another_protocol_removed_do_not_spoil_the_update() {
    let world = world_with(2, &[]).await;
    let mut client = world.login().await;
    client.ok("DELE 1").await;
    client.ok("DELE 2").await;
    let contents = world.shared.store.maildrop(world.alice.id).await.unwrap();
    let first = contents.messages[0].uid;
    let which = crate::store::Which::These(vec![first]);
    world.shared.store.expunge(contents.mailbox, which).await.unwrap();
    client.ok("QUIT").await;
    assert_eq!(world.count().await, 0);
}

#[tokio::test]
async fn an_update_that_fails_is_not_said_to_have_succeeded() {
    let world = world_with(1, &[]).await;
    let mut client = world.login().await;
    client.ok("DELE 1").await;
    world.shared.store.close().await;
    let refusal = client.err("QUIT").await;
    assert!(refusal.starts_with("-ERR [SYS/TEMP] "), "{refusal}");
    assert_eq!(client.closed().await, b"");
}

#[tokio::test]
async fn with_the_deviation_a_lost_connection_removes_what_is_marked() {
    let world = world_with(2, &["pop3-update-without-quit"]).await;
    let mut client = world.login().await;
    client.ok("DELE 1").await;
    client.drop_connection().await;
    assert_eq!(world.count().await, 1);
}
