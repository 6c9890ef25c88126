//! CONDSTORE, QRESYNC and ENABLE: what clients that keep modification sequences are told.

use super::harness::World;

async fn with_messages(count: usize) -> World {
    let world = World::new().await;
    for _ in 0..count {
        world.deliver("Subject: x\r\n\r\n").await;
    }
    world
}

#[tokio::test]
async fn enable_tells_what_is_switched_on_and_passes_over_the_rest() {
    let world = World::new().await;
    let mut client = world.login().await;
    assert_eq!(client.ok("ENABLE X-NONE imap4rev1 condstore CONDSTORE").await, ["* ENABLED CONDSTORE"]);
    assert_eq!(client.ok("ENABLE IDLE").await, ["* ENABLED"]);
    client.bad("ENABLE").await;
    client.bad("ENABLE  CONDSTORE").await;
}

#[tokio::test]
async fn sequences_are_told_from_the_first_question_on() {
    let world = with_messages(2).await;
    let mut client = world.inbox().await;
    assert_eq!(client.ok("STORE 1 +FLAGS (\\Seen)").await, ["* 1 FETCH (FLAGS (\\Seen \\Recent))"]);
    assert_eq!(
        client.ok("FETCH 1:2 MODSEQ").await,
        [
            "* OK [HIGHESTMODSEQ 4] highest modification sequence",
            "* 1 FETCH (MODSEQ (4))",
            "* 2 FETCH (MODSEQ (3))"
        ]
    );
    assert_eq!(
        client.ok("STORE 2 +FLAGS (\\Seen)").await,
        ["* 2 FETCH (UID 2 FLAGS (\\Seen \\Recent) MODSEQ (5))"]
    );
    assert_eq!(client.ok("STORE 2 FLAGS.SILENT ()").await, ["* 2 FETCH (UID 2 MODSEQ (6))"]);
    assert_eq!(client.ok("STATUS INBOX (HIGHESTMODSEQ)").await, ["* STATUS INBOX (HIGHESTMODSEQ 6)"]);
}

#[tokio::test]
async fn a_conditional_store_changes_what_is_unchanged_and_names_the_rest() {
    let world = with_messages(3).await;
    let mut client = world.inbox().await;
    client.ok("STORE 2 +FLAGS (\\Answered)").await;
    let (told, end) = client.command("STORE 1:3 (UNCHANGEDSINCE 4) +FLAGS.SILENT (\\Flagged)").await;
    assert!(end.starts_with("OK [MODIFIED 2] "), "{end}");
    assert_eq!(
        told,
        [
            "* OK [HIGHESTMODSEQ 5] highest modification sequence",
            "* 1 FETCH (UID 1 MODSEQ (6))",
            "* 2 FETCH (UID 2 FLAGS (\\Answered \\Recent) MODSEQ (5))",
            "* 3 FETCH (UID 3 MODSEQ (6))"
        ]
    );
    let end = client.done("UID STORE 2 (UNCHANGEDSINCE 0) FLAGS ()").await;
    assert!(end.starts_with("OK [MODIFIED 2] "), "{end}");
    for wrong in
        ["(UNCHANGEDSINCE x)", "(UNCHANGEDSINCE 9223372036854775808)", "(UNTIL 1)", "(UNCHANGEDSINCE 1"]
    {
        client.bad(&format!("STORE 1 {wrong} FLAGS ()")).await;
    }
}

#[tokio::test]
async fn changes_are_fetched_and_found_by_sequence() {
    let world = with_messages(3).await;
    let mut client = world.inbox().await;
    client.ok("ENABLE CONDSTORE").await;
    client.ok("STORE 2 +FLAGS (\\Answered)").await;
    assert_eq!(
        client.ok("FETCH 1:* (FLAGS) (CHANGEDSINCE 4)").await,
        ["* 2 FETCH (FLAGS (\\Answered \\Recent) MODSEQ (5))"]
    );
    assert_eq!(client.ok("SEARCH MODSEQ 4").await, ["* SEARCH 2 3 (MODSEQ 5)"]);
    assert_eq!(client.ok("SEARCH MODSEQ 6").await, ["* SEARCH"]);
    for wrong in ["(CHANGEDSINCE 0)", "(VANISHED)", "(CHANGEDSINCE 1 VANISHED)", "()", "(CHANGEDSINCE 1"] {
        client.bad(&format!("FETCH 1 FLAGS {wrong}")).await;
    }
}

#[tokio::test]
async fn expunges_are_told_by_uid_and_only_when_they_may() {
    let world = with_messages(3).await;
    let mut client = world.login().await;
    client.bad("SELECT INBOX (QRESYNC (1 1))").await;
    client.ok("ENABLE QRESYNC").await;
    client.ok("SELECT INBOX").await;
    let mut other = world.inbox().await;
    other.ok("STORE 1,3 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    // The expunge (change 6) waits; until then only what came before it may be remembered.
    assert_eq!(
        client.ok("FETCH 2 MODSEQ").await,
        ["* 2 FETCH (MODSEQ (3))", "* OK [HIGHESTMODSEQ 4] expunges are yet to be told"]
    );
    assert_eq!(client.ok("NOOP").await, ["* VANISHED 1,3", "* 1 RECENT"]);
    client.ok("STORE 1 +FLAGS (\\Deleted)").await;
    let (told, end) = client.command("EXPUNGE").await;
    assert_eq!(told, ["* VANISHED 2", "* 0 RECENT"]);
    assert!(end.starts_with("OK [HIGHESTMODSEQ 8] "), "{end}");
    assert!(client.done("EXPUNGE").await.starts_with("OK EXPUNGE"));
}

#[tokio::test]
async fn a_client_that_comes_back_is_told_what_it_missed() {
    let world = with_messages(4).await;
    let mut other = world.inbox().await;
    other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    other.ok("STORE 3 +FLAGS (\\Flagged)").await;
    let mut client = world.login().await;
    client.ok("ENABLE QRESYNC").await;
    let selected = client.ok("SELECT INBOX").await.join("\n");
    let validity = selected.split("UIDVALIDITY ").nth(1).unwrap().split(']').next().unwrap().to_owned();
    let told = client.ok(&format!("SELECT INBOX (QRESYNC ({validity} 5))")).await;
    assert_eq!(told.first().unwrap(), "* OK [CLOSED] the mailbox before is closed");
    assert_eq!(
        told[told.len() - 2..],
        ["* VANISHED (EARLIER) 1", "* 3 FETCH (UID 4 FLAGS (\\Flagged) MODSEQ (8))"]
    );
    let told = client.ok(&format!("SELECT INBOX (QRESYNC ({validity} 5 2:3 (1 2)))")).await;
    assert!(!told.iter().any(|line| line.contains("VANISHED") || line.contains("FETCH")), "{told:?}");
    let told = client.ok("UID FETCH 1:* FLAGS (CHANGEDSINCE 5 VANISHED)").await;
    assert_eq!(told, ["* VANISHED (EARLIER) 1", "* 3 FETCH (UID 4 FLAGS (\\Flagged) MODSEQ (8))"]);
    for wrong in
        ["(QRESYNC)", "(QRESYNC (0 5))", "(QRESYNC (1 0))", "(QRESYNC (1 5 1:*))", "(QRESYNC (1 5)", "()"]
    {
        client.bad(&format!("SELECT INBOX {wrong}")).await;
    }
}

#[tokio::test]
async fn a_uid_search_by_numbers_holds_expunges_back() {
    let world = with_messages(2).await;
    let mut client = world.inbox().await;
    let mut other = world.inbox().await;
    other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    assert_eq!(client.ok("UID SEARCH 2").await, ["* SEARCH 2"]);
    assert_eq!(client.ok("UID SEARCH ALL").await, ["* SEARCH 2", "* 1 EXPUNGE", "* 1 RECENT"]);
}
