//! Small extensions: UNSELECT, MOVE, extended and saved searches, several messages in one APPEND.

use super::harness::World;

async fn with_messages(count: usize) -> World {
    let world = World::new().await;
    for number in 1..=count {
        world.deliver(&format!("Subject: n{number}\r\n\r\n")).await;
    }
    world
}

#[tokio::test]
async fn unselect_keeps_what_is_marked() {
    let world = with_messages(1).await;
    let mut client = world.inbox().await;
    client.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    client.ok("UNSELECT").await;
    client.bad("UNSELECT").await;
    assert_eq!(client.ok("STATUS INBOX (MESSAGES)").await, ["* STATUS INBOX (MESSAGES 1)"]);
}

#[tokio::test]
async fn a_move_is_one_action() {
    let world = with_messages(3).await;
    let mut client = world.inbox().await;
    client.ok("CREATE there").await;
    client.ok("STORE 2 +FLAGS.SILENT (\\Deleted $A)").await;
    let (told, end) = client.command("MOVE 1:2 there").await;
    assert!(told[0].starts_with("* OK [COPYUID ") && told[0].contains(" 1:2 1:2] "), "{told:?}");
    assert_eq!(told[1..], ["* 1 EXPUNGE", "* 1 EXPUNGE", "* 1 RECENT"]);
    assert!(end.starts_with("OK [HIGHESTMODSEQ "), "{end}");
    assert!(client.no("MOVE 1 missing").await.starts_with("NO [TRYCREATE] "));
    assert_eq!(client.done("UID MOVE 1 there").await, "OK no messages, nothing moved");
    client.bad("MOVE 2 there").await;
    let (told, _) = client.command("MOVE 1 INBOX").await;
    assert!(told.contains(&"* 1 EXPUNGE".to_owned()) && told.contains(&"* 1 EXISTS".to_owned()), "{told:?}");
    client.ok("SELECT there").await;
    assert_eq!(client.ok("FETCH 2 FLAGS").await, ["* 2 FETCH (FLAGS (\\Deleted $A \\Recent))"]);
    client.ok("EXAMINE there").await;
    assert!(client.no("MOVE 1 INBOX").await.starts_with("NO [READ-ONLY] "));
}

#[tokio::test]
async fn an_extended_search_gives_what_it_is_asked_for() {
    let world = with_messages(4).await;
    let mut client = world.inbox().await;
    client.ok("STORE 2:4 +FLAGS.SILENT (\\Seen)").await;
    for (search, found) in [
        ("SEARCH RETURN (MIN MAX) SEEN", " MIN 2 MAX 4"),
        ("SEARCH RETURN () SEEN", " ALL 2:4"),
        ("UID SEARCH RETURN (COUNT ALL) SEEN", " UID COUNT 3 ALL 2:4"),
        ("SEARCH RETURN (MIN MAX ALL COUNT) FLAGGED", " COUNT 0"),
        ("SEARCH RETURN (MIN) MODSEQ 1", " MIN 1 MODSEQ 2"),
        ("SEARCH RETURN (MIN COUNT) MODSEQ 1", " MIN 1 COUNT 4 MODSEQ 6"),
    ] {
        let told = client.ok(search).await;
        let told = told.last().unwrap().strip_prefix("* ESEARCH (TAG \"t").unwrap().to_owned();
        assert_eq!(told.split_once("\")").unwrap().1, found, "{search}");
    }
}

#[tokio::test]
async fn what_a_search_saved_stands_for_its_messages() {
    let world = with_messages(4).await;
    let mut client = world.inbox().await;
    assert_eq!(client.ok("SEARCH $").await, ["* SEARCH"]);
    assert_eq!(client.ok("SEARCH RETURN (SAVE) OR SUBJECT n2 SUBJECT n4").await, Vec::<String>::new());
    assert_eq!(client.ok("UID SEARCH UID $").await, ["* SEARCH 2 4"]);
    client.ok("STORE 1:2 +FLAGS.SILENT (\\Deleted)").await;
    client.ok("EXPUNGE").await;
    assert_eq!(client.ok("FETCH $ UID").await, ["* 2 FETCH (UID 4)"]);
    client.bad("SEARCH RETURN (SAVE) NONSENSE").await;
    assert_eq!(client.ok("SEARCH NOT $").await, ["* SEARCH 1"]);
    client.no("SEARCH RETURN (SAVE) CHARSET X ALL").await;
    assert_eq!(client.ok("FETCH $ UID").await, Vec::<String>::new());
    assert_eq!(client.ok("SEARCH RETURN (SAVE MAX) ALL").await.len(), 1);
    assert_eq!(client.ok("SEARCH $").await, ["* SEARCH 2"]);
}

#[tokio::test]
async fn several_messages_are_appended_together_or_not_at_all() {
    let world = World::new().await;
    let mut client = world.login().await;
    let end = client.done("APPEND INBOX (\\Seen) {6}\r\nA: b\r\n {6}\r\nC: d\r\n").await;
    assert!(end.starts_with("OK [APPENDUID ") && end.contains(" 1:2] "), "{end}");
    client.no("APPEND INBOX {6}\r\nA: b\r\n {0}\r\n").await;
    client.bad("APPEND INBOX {6}\r\nA: b\r\n (\\Seen)").await;
    assert_eq!(client.ok("STATUS INBOX (MESSAGES SIZE)").await, ["* STATUS INBOX (MESSAGES 2 SIZE 12)"]);
}

#[tokio::test]
async fn the_limit_holds_for_all_messages_of_a_command_together() {
    let world = World::with(&[], |shared| shared.limits.message_octets = 10).await;
    let mut client = world.login().await;
    assert_eq!(client.ok("STATUS INBOX (APPENDLIMIT)").await, ["* STATUS INBOX (APPENDLIMIT 10)"]);
    assert!(client.no("APPEND INBOX {11}\r\n").await.starts_with("NO [TOOBIG] "));
    assert!(client.no("APPEND INBOX {6}\r\nA: b\r\n {6}\r\n").await.starts_with("NO [TOOBIG] "));
    client.ok("APPEND INBOX {6}\r\nA: b\r\n").await;
}

#[tokio::test]
async fn the_first_response_may_stand_in_the_command() {
    let world = World::new().await;
    let mut client = world.connect().await;
    client.bad("AUTHENTICATE PLAIN =AAA").await;
    client.bad("AUTHENTICATE PLAIN ").await;
    client.bad("AUTHENTICATE LOGIN YWxpY2U=").await;
    client.no("AUTHENTICATE PLAIN =").await;
    client.ok("AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==").await;
}

#[tokio::test]
async fn who_is_there_and_where_mailboxes_are() {
    let world = World::new().await;
    let mut client = world.connect().await;
    assert!(client.ok("ID (\"name\" NIL)").await[0].starts_with("* ID (\"name\" "));
    client.ok("ID ()").await;
    for wrong in ["ID", "ID (\"name\")", "ID (name x)", "ID ((", "ID NILS"] {
        client.bad(wrong).await;
    }
    client.bad("NAMESPACE").await;
    client.ok("LOGIN alice secret").await;
    assert_eq!(client.ok("NAMESPACE").await, ["* NAMESPACE ((\"\" \"/\")) ((\"Other Users/\" \"/\")) NIL"]);
}
