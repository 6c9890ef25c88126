//! STORE and COPY.

use super::harness::World;

#[tokio::test]
async fn flags_are_replaced_added_and_removed() {
    let world = World::new().await;
    world.deliver("Subject: x\r\n\r\n").await;
    let mut client = world.inbox().await;
    for (store, flags) in [
        ("FLAGS (\\Flagged)", "\\Flagged \\Recent"),
        ("+FLAGS (\\Seen \\Draft)", "\\Flagged \\Seen \\Draft \\Recent"),
        ("-FLAGS (\\Draft)", "\\Flagged \\Seen \\Recent"),
        ("+flags \\Answered \\Deleted", "\\Answered \\Flagged \\Deleted \\Seen \\Recent"),
        ("FLAGS ()", "\\Recent"),
    ] {
        let found = client.ok(&format!("STORE 1 {store}")).await;
        assert_eq!(found, [format!("* 1 FETCH (FLAGS ({flags}))")]);
    }
    assert_eq!(client.ok("STORE 1 +FLAGS.SILENT (\\Seen)").await, Vec::<String>::new());
    assert_eq!(
        client.ok("UID STORE 1 +FLAGS (\\Draft)").await,
        ["* 1 FETCH (UID 1 FLAGS (\\Seen \\Draft \\Recent))"]
    );
    for wrong in ["FLAGS (\\Recent)", "FLAGS", "LABELS (x)", "+FLAGS.LOUD (x)", "FLAGS (\\Nonsense)"] {
        client.bad(&format!("STORE 1 {wrong}")).await;
    }
    client.bad("STORE 2 FLAGS (x)").await;
}

#[tokio::test]
async fn a_new_keyword_becomes_a_flag_of_the_mailbox() {
    let world = World::new().await;
    world.deliver("Subject: x\r\n\r\n").await;
    let mut client = world.inbox().await;
    assert_eq!(
        client.ok("STORE 1 +FLAGS ($Work)").await,
        [
            "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Work)",
            "* 1 FETCH (FLAGS ($Work \\Recent))"
        ]
    );
    assert_eq!(client.ok("SEARCH KEYWORD $WORK").await, ["* SEARCH 1"]);
    let selected = client.ok("SELECT INBOX").await.join("\n");
    assert!(selected.contains("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Work)"), "{selected}");
}

#[tokio::test]
async fn copies_keep_flags_and_date_and_are_told_by_uid() {
    let world = World::new().await;
    let mut client = world.inbox().await;
    for flags in ["(\\Seen)", "()", "($A)"] {
        client
            .ok(&format!("APPEND INBOX {flags} \" 7-Feb-1994 21:52:25 -0800\" {{14}}\r\nSubject: x\r\n\r\n"))
            .await;
    }
    client.ok("CREATE there").await;
    let end = client.done("COPY 3,1 there").await;
    assert!(end.starts_with("OK [COPYUID ") && end.contains(" 1,3 1:2] "), "{end}");
    assert_eq!(client.done("UID COPY 77 there").await, "OK no messages, nothing copied");
    assert!(client.no("COPY 1 missing").await.starts_with("NO [TRYCREATE] "));
    client.bad("COPY 4 there").await;
    client.ok("SELECT there").await;
    assert_eq!(
        client.ok("FETCH 1:2 (FLAGS INTERNALDATE)").await,
        [
            "* 1 FETCH (FLAGS (\\Seen \\Recent) INTERNALDATE \" 7-Feb-1994 21:52:25 -0800\")",
            "* 2 FETCH (FLAGS ($A \\Recent) INTERNALDATE \" 7-Feb-1994 21:52:25 -0800\")"
        ]
    );
}

#[tokio::test]
async fn a_copy_into_the_selected_mailbox_is_told_as_new() {
    let world = World::new().await;
    world.deliver("Subject: x\r\n\r\n").await;
    let mut client = world.inbox().await;
    assert_eq!(client.ok("COPY 1 INBOX").await, ["* 2 EXISTS", "* 2 RECENT"]);
}
