//! Clients that ask for more than anybody needs: each question ends soon, and what a session holds
//! is bounded. Whether it is soon for very many messages is seen where the view and the updates are.

use std::time::{Duration, Instant};

use super::harness::World;
use crate::limits::Timeouts;

/// Far more than any of this takes on a slow machine, and far less than it took before there were bounds.
const SOON: Duration = Duration::from_secs(30);

/// A mailbox with this many messages (a power of two).
async fn crowd(world: &World, messages: usize) -> super::harness::Client {
    world.deliver("Subject: x\r\n\r\n").await;
    let mut client = world.inbox().await;
    let mut count = 1;
    while count < messages {
        client.ok("COPY 1:* INBOX").await;
        count *= 2;
    }
    client
}

#[tokio::test]
async fn a_long_pattern_is_soon_matched_against_many_names() {
    let world = World::new().await;
    let mut client = world.login().await;
    for number in 0..60 {
        client.ok(&format!("CREATE {}{number}", "name-1".repeat(150))).await;
    }
    let begun = Instant::now();
    for pattern in ["name-1g".repeat(8000), "*a".repeat(30_000), "%-*1".repeat(15_000)] {
        assert_eq!(client.ok(&format!("LIST \"\" {pattern}")).await, Vec::<String>::new());
    }
    let wildcards = "*n%a".repeat(100);
    assert_eq!(client.ok(&format!("LIST \"\" {wildcards}*")).await.len(), 60);
    assert!(client.no(&format!("LIST \"\" (x {})", "y".repeat(9000))).await.contains("[LIMIT]"));
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn updates_of_a_search_follow_when_half_of_the_messages_go_and_come() {
    let world = World::new().await;
    let mut client = crowd(&world, 1024).await;
    client.ok("SEARCH RETURN (UPDATE COUNT) ALL").await;
    client.ok("UID SORT RETURN (UPDATE COUNT) (REVERSE ARRIVAL) UTF-8 UNDELETED").await;
    let mut other = world.inbox().await;
    other.ok("STORE 1:512 +FLAGS.SILENT (\\Deleted)").await;
    let told = client.ok("NOOP").await;
    let removed = told.iter().find(|line| line.contains("REMOVEFROM")).expect("some have left");
    assert!(removed.contains(" UID REMOVEFROM (1 1 1 2 1 3 "), "{}", &removed[..100]);
    other.ok("EXPUNGE").await;
    other.ok("COPY 1:* INBOX").await;
    let told = client.ok("NOOP").await;
    assert!(told.iter().any(|line| line.contains(" REMOVEFROM (0 1:512)")));
    assert!(told.iter().any(|line| line.contains(" ADDTO (0 513:1024)")));
}

#[tokio::test]
async fn of_many_messages_that_it_made_or_removed_a_client_hears_what_it_must() {
    let world = World::new().await;
    let mut client = crowd(&world, 1024).await;
    client.ok("NOTIFY SET (SELECTED (MessageNew (UID) MessageExpunge FlagChange))").await;
    let told = client.ok("COPY 1:* INBOX").await;
    assert_eq!(told.iter().filter(|line| line.contains("FETCH")).count(), 0, "it made them itself");
    client.ok("NOTIFY NONE").await;
    client.ok("STORE 1:* +FLAGS.SILENT (\\Deleted)").await;
    let told = client.ok("EXPUNGE").await;
    assert_eq!(told.iter().filter(|line| **line == "* 1 EXPUNGE").count(), 2048);
}

#[tokio::test]
async fn what_was_saved_is_not_held_once_for_each_time_that_it_is_named() {
    let world = World::new().await;
    let mut client = crowd(&world, 4).await;
    client.ok("SEARCH RETURN (SAVE) ALL").await;
    client.ok(&format!("SEARCH{}", " $".repeat(10))).await;
    assert!(client.no(&format!("SEARCH{}", " $".repeat(100))).await.contains("[LIMIT]"));
    assert!(client.no(&format!("SEARCH{}", " UID $".repeat(100))).await.contains("[LIMIT]"));
}

#[tokio::test]
async fn sets_over_a_large_mailbox_may_be_many() {
    let world = World::new().await;
    let mut client = crowd(&world, 1024).await;
    client.ok(&format!("SEARCH RETURN (COUNT){}", " 1:*".repeat(1900))).await;
    // A context remembers them by their UIDs: as ranges, whatever the numbers are.
    client.ok(&format!("SEARCH RETURN (UPDATE COUNT){}", " 1:*".repeat(1900))).await;
}

#[tokio::test]
async fn a_message_has_so_many_keywords_and_no_more() {
    let world = World::new().await;
    let mut client = crowd(&world, 2).await;
    let keywords =
        |from: usize| (from..from + 15).map(|n| format!("{n:0>100}")).collect::<Vec<_>>().join(" ");
    client.ok(&format!("STORE 1 +FLAGS ({})", keywords(0))).await;
    assert!(client.no(&format!("STORE 1 +FLAGS ({})", keywords(15))).await.contains("[LIMIT]"));
    assert!(
        client
            .no(&format!("APPEND INBOX ({}) {{1}}\r\nx", keywords(0) + " " + &keywords(15)))
            .await
            .contains("[LIMIT]")
    );
    client.ok(&format!("STORE 1 FLAGS ({})", keywords(15))).await;
    client.ok(&format!("STORE 1 -FLAGS ({})", keywords(15))).await;
}

/// Somebody else makes new keywords without end: the list of them that each session tells does not
/// grow with that.
#[tokio::test]
async fn the_list_of_keywords_does_not_grow_for_ever() {
    let world = World::new().await;
    let mut client = crowd(&world, 1).await;
    let mut longest = 0;
    for round in 0..120 {
        let keywords: Vec<_> = (0..20).map(|n| format!("{round:0>40}-{n:0>40}")).collect();
        let told = client.ok(&format!("STORE 1 FLAGS ({})", keywords.join(" "))).await;
        longest = told.iter().map(String::len).max().unwrap().max(longest);
        assert!(told.last().unwrap().contains(&keywords[0]), "the flags of a message are all told");
    }
    assert!(longest < 1100 * 82, "{longest}");
}

#[tokio::test]
async fn who_does_not_log_in_is_sent_away_and_who_has_stays() {
    let login = Duration::from_millis(1500);
    let world = World::with(&[], |shared| shared.timeouts = Timeouts { login, ..Timeouts::default() }).await;
    let mut stays = world.login().await;
    let mut idle = world.connect().await;
    let mut busy = world.connect().await;
    let mut asked = world.connect().await;
    asked.send(b"a AUTHENTICATE PLAIN\r\n").await;
    assert_eq!(asked.line().await, "+ ");
    let begun = Instant::now();
    while begun.elapsed() < login / 2 {
        busy.ok("NOOP").await;
        tokio::time::sleep(login / 20).await;
    }
    idle.ok("NOOP").await;
    for client in [idle, busy, asked] {
        let farewell = client.closed().await;
        assert!(farewell.starts_with("* BYE Autologout"), "{farewell}");
    }
    stays.ok("NOOP").await;
    stays.ok("UNAUTHENTICATE").await;
    stays.ok("LOGIN alice secret").await;
}

/// What stands behind more than a megabyte of header fields counts like all others.
#[tokio::test]
async fn a_header_section_is_looked_through_whole() {
    let world = World::new().await;
    let mut client = world.inbox().await;
    let noise: String = (0..30_000).map(|n| format!("X-Noise-{n}: {}\r\n", "y".repeat(40))).collect();
    for (subject, day) in [("zebra", 1), ("=?utf-8?q?apple?=", 2)] {
        let header = format!("{noise}Subject: {subject}\r\nDate: {day} Feb 2024 10:00:00 +0000\r\n");
        let message = format!("{header}Message-ID: <{day}@x>\r\n\r\ntext\r\n");
        client.ok(&format!("APPEND INBOX {{{}+}}\r\n{message}", message.len())).await;
    }
    for (keys, found) in [
        ("SUBJECT apple", " 2"),
        ("SUBJECT zebra", " 1"),
        ("TEXT apple", " 2"),
        ("NOT TEXT nowhere", " 1 2"),
        ("SENTON 2-Feb-2024", " 2"),
        ("HEADER X-Noise-29999 \"\"", " 1 2"),
        ("HEADER X-Noise-30000 \"\"", ""),
        ("BODY apple", ""),
    ] {
        assert_eq!(client.ok(&format!("SEARCH {keys}")).await, [format!("* SEARCH{found}")], "{keys}");
    }
    assert_eq!(client.ok("SORT (SUBJECT) UTF-8 ALL").await, ["* SORT 2 1"]);
    assert_eq!(client.ok("SORT (REVERSE DATE) UTF-8 ALL").await, ["* SORT 2 1"]);
    assert_eq!(client.ok("THREAD REFERENCES UTF-8 ALL").await, ["* THREAD (1)(2)"]);
}
