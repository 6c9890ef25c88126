//! Making, naming, listing and subscribing mailboxes.

use super::harness::World;

#[tokio::test]
async fn superiors_are_made_and_the_hierarchy_is_listed() {
    let world = World::new().await;
    let mut client = world.login().await;
    client.ok("CREATE foo/bar/zap").await;
    client.ok("CREATE sent/").await;
    assert_eq!(
        client.ok("LIST \"\" *").await,
        [
            "* LIST (\\HasNoChildren) \"/\" INBOX",
            "* LIST (\\HasChildren) \"/\" foo",
            "* LIST (\\HasChildren) \"/\" foo/bar",
            "* LIST (\\HasNoChildren) \"/\" foo/bar/zap",
            "* LIST (\\HasNoChildren) \"/\" sent",
        ]
    );
    assert_eq!(client.ok("LIST foo/ %").await, ["* LIST (\\HasChildren) \"/\" foo/bar"]);
    assert_eq!(client.ok("LIST \"\" inbox").await, ["* LIST (\\HasNoChildren) \"/\" INBOX"]);
    assert_eq!(client.ok("LIST \"\" \"\"").await, ["* LIST (\\Noselect) \"/\" \"\""]);
    assert!(client.no("CREATE foo/bar").await.contains("[ALREADYEXISTS]"));
    client.no("CREATE inbox").await;
    client.no("CREATE \"a//b\"").await;
    client.no("CREATE a&b").await;
}

#[tokio::test]
async fn a_deleted_level_stays_while_something_is_below() {
    let world = World::new().await;
    let mut client = world.login().await;
    client.ok("CREATE foo/bar").await;
    client.ok("DELETE foo").await;
    assert_eq!(
        client.ok("LIST \"\" foo*").await,
        ["* LIST (\\Noselect \\HasChildren) \"/\" foo", "* LIST (\\HasNoChildren) \"/\" foo/bar"]
    );
    client.no("DELETE foo").await;
    client.no("SELECT foo").await;
    client.ok("DELETE foo/bar").await;
    client.ok("DELETE foo").await;
    assert_eq!(client.ok("LIST \"\" foo*").await, Vec::<String>::new());
    client.no("DELETE foo").await;
    client.no("DELETE INBOX").await;
}

#[tokio::test]
async fn a_mailbox_that_is_made_again_has_a_higher_uidvalidity() {
    let world = World::new().await;
    let mut client = world.login().await;
    let mut last = 0;
    for _ in 0..3 {
        client.ok("CREATE again").await;
        let status = client.ok("STATUS again (UIDVALIDITY)").await;
        let validity: u32 = status[0]
            .strip_prefix("* STATUS again (UIDVALIDITY ")
            .and_then(|rest| rest.strip_suffix(')'))
            .and_then(|number| number.parse().ok())
            .unwrap();
        assert!(validity > last);
        last = validity;
        client.ok("DELETE again").await;
    }
}

#[tokio::test]
async fn renaming_takes_what_is_below_along() {
    let world = World::new().await;
    let mut client = world.login().await;
    client.ok("CREATE foo/bar").await;
    client.ok("RENAME foo zap/x").await;
    assert_eq!(
        client.ok("LIST \"\" *").await[1..],
        [
            "* LIST (\\HasChildren) \"/\" zap",
            "* LIST (\\HasChildren) \"/\" zap/x",
            "* LIST (\\HasNoChildren) \"/\" zap/x/bar"
        ]
    );
    assert!(client.no("RENAME foo y").await.contains("[NONEXISTENT]"));
    client.no("RENAME zap zap/x").await;
    client.no("RENAME zap INBOX").await;
}

#[tokio::test]
async fn renaming_inbox_moves_its_messages_and_leaves_it_empty() {
    let world = World::new().await;
    world.deliver("Subject: x\r\n\r\n").await;
    let mut client = world.login().await;
    client.ok("CREATE INBOX/below").await;
    client.ok("RENAME inbox old").await;
    assert_eq!(client.ok("STATUS INBOX (MESSAGES)").await, ["* STATUS INBOX (MESSAGES 0)"]);
    assert_eq!(client.ok("STATUS old (MESSAGES)").await, ["* STATUS old (MESSAGES 1)"]);
    assert_eq!(client.ok("LIST \"\" INBOX/%").await, ["* LIST (\\HasNoChildren) \"/\" INBOX/below"]);
}

#[tokio::test]
async fn subscriptions_outlive_their_mailboxes() {
    let world = World::new().await;
    let mut client = world.login().await;
    client.ok("CREATE foo/bar").await;
    client.ok("SUBSCRIBE foo/bar").await;
    client.no("SUBSCRIBE missing").await;
    assert_eq!(client.ok("LSUB \"\" *").await, ["* LSUB () \"/\" foo/bar"]);
    assert_eq!(client.ok("LSUB \"\" %").await, ["* LSUB (\\Noselect) \"/\" foo"]);
    client.ok("DELETE foo/bar").await;
    assert_eq!(client.ok("LSUB \"\" *").await, ["* LSUB () \"/\" foo/bar"]);
    client.ok("UNSUBSCRIBE foo/bar").await;
    assert_eq!(client.ok("LSUB \"\" *").await, Vec::<String>::new());
}

#[tokio::test]
async fn names_in_modified_utf7_keep_their_form() {
    let world = World::new().await;
    let mut client = world.login().await;
    client.ok("CREATE \"&U,BTFw-/a b\"").await;
    assert_eq!(
        client.ok("LIST \"\" &*").await,
        ["* LIST (\\HasChildren) \"/\" &U,BTFw-", "* LIST (\\HasNoChildren) \"/\" \"&U,BTFw-/a b\""]
    );
    client.ok("SELECT {12}\r\n&U,BTFw-/a b").await;
}

#[tokio::test]
async fn status_tells_what_is_asked_in_the_order_of_asking() {
    let world = World::new().await;
    world.deliver("Subject: x\r\n\r\n").await;
    let mut client = world.login().await;
    for _ in 0..2 {
        assert_eq!(
            client.ok("STATUS inbox (UNSEEN RECENT UIDNEXT MESSAGES)").await,
            ["* STATUS INBOX (UNSEEN 1 RECENT 1 UIDNEXT 2 MESSAGES 1)"]
        );
    }
    client.no("STATUS missing (MESSAGES)").await;
    client.bad("STATUS inbox ()").await;
    client.bad("STATUS inbox MESSAGES").await;
}
