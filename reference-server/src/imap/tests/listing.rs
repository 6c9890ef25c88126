//! LIST in its extended form, with the mailboxes of RFC 5258, section 5.

use super::harness::{Client, World};

async fn orchard(world: &World) -> Client {
    let mut client = world.login().await;
    for name in ["Fruit/Apple", "Fruit/Banana", "Fruit/Peach", "Tofu", "Vegetable/Broccoli", "Vegetable/Corn"]
    {
        client.ok(&format!("CREATE {name}")).await;
    }
    for name in ["INBOX", "Fruit/Banana", "Fruit/Peach", "Vegetable", "Vegetable/Broccoli"] {
        client.ok(&format!("SUBSCRIBE {name}")).await;
    }
    client.ok("DELETE Fruit/Peach").await;
    client
}

#[tokio::test]
async fn subscribed_names_are_selected_even_where_they_do_not_exist() {
    let world = World::new().await;
    let mut client = orchard(&world).await;
    assert_eq!(
        client.ok("LIST (SUBSCRIBED) \"\" *").await,
        [
            "* LIST (\\Subscribed \\HasNoChildren) \"/\" Fruit/Banana",
            "* LIST (\\NonExistent \\Subscribed \\HasNoChildren) \"/\" Fruit/Peach",
            "* LIST (\\Subscribed \\HasNoChildren) \"/\" INBOX",
            "* LIST (\\Subscribed \\HasChildren) \"/\" Vegetable",
            "* LIST (\\Subscribed \\HasNoChildren) \"/\" Vegetable/Broccoli"
        ]
    );
    assert_eq!(
        client.ok("LIST (REMOTE) \"\" % RETURN (SUBSCRIBED)").await,
        [
            "* LIST (\\HasChildren) \"/\" Fruit",
            "* LIST (\\Subscribed \\HasNoChildren) \"/\" INBOX",
            "* LIST (\\HasNoChildren) \"/\" Tofu",
            "* LIST (\\Subscribed \\HasChildren) \"/\" Vegetable"
        ]
    );
}

#[tokio::test]
async fn a_name_is_told_for_what_is_below_it() {
    let world = World::new().await;
    let mut client = orchard(&world).await;
    assert_eq!(
        client.ok("LIST (SUBSCRIBED RECURSIVEMATCH) \"\" %").await,
        [
            "* LIST (\\HasChildren) \"/\" Fruit (\"CHILDINFO\" (\"SUBSCRIBED\"))",
            "* LIST (\\Subscribed \\HasNoChildren) \"/\" INBOX",
            "* LIST (\\Subscribed \\HasChildren) \"/\" Vegetable (\"CHILDINFO\" (\"SUBSCRIBED\"))"
        ]
    );
    // What is told itself needs no name above it to speak for it.
    let told = client.ok("LIST (SUBSCRIBED RECURSIVEMATCH) \"\" Fruit*").await;
    assert!(!told.iter().any(|line| line.contains("CHILDINFO")), "{told:?}");
    assert_eq!(client.ok("LIST \"\" (\"\" Tofu T*)").await, ["* LIST (\\HasNoChildren) \"/\" Tofu"]);
    assert_eq!(client.ok("LIST () \"\" \"\"").await, Vec::<String>::new());
    for wrong in [
        "(RECURSIVEMATCH) \"\" %",
        "(REMOTE RECURSIVEMATCH) \"\" %",
        "(NONSENSE) \"\" %",
        "\"\" % RETURN (NONSENSE)",
        "\"\" ()",
        "\"\" % RETURN CHILDREN",
        "\"\" % RETURN (STATUS)",
        "\"\" % RETURN (STATUS (NONSENSE))",
    ] {
        client.bad(&format!("LIST {wrong}")).await;
    }
}

#[tokio::test]
async fn numbers_come_behind_each_mailbox_that_can_be_selected() {
    let world = World::new().await;
    world.deliver("Subject: x\r\n\r\n").await;
    let mut client = world.login().await;
    client.ok("CREATE a/b").await;
    client.ok("DELETE a").await;
    assert_eq!(
        client.ok("LIST \"\" * RETURN (STATUS (MESSAGES SIZE))").await,
        [
            "* LIST (\\HasNoChildren) \"/\" INBOX",
            "* STATUS INBOX (MESSAGES 1 SIZE 14)",
            "* LIST (\\Noselect \\HasChildren) \"/\" a",
            "* LIST (\\HasNoChildren) \"/\" a/b",
            "* STATUS a/b (MESSAGES 0 SIZE 0)"
        ]
    );
}

#[tokio::test]
async fn a_special_use_is_given_at_the_beginning_and_stays_through_a_renaming() {
    let world = World::new().await;
    let mut client = world.login().await;
    client.ok("CREATE Out (USE (\\Sent \\drafts \\Sent))").await;
    client.ok("CREATE None (USE ())").await;
    assert!(client.no("CREATE All (USE (\\All))").await.starts_with("NO [USEATTR] "));
    for wrong in ["(USE)", "(USE (Sent))", "(USE (\\Sent)", "(FOR (\\Sent))", "()", "(USE (\\Sent  \\Junk))"]
    {
        client.bad(&format!("CREATE Wrong {wrong}")).await;
    }
    client.ok("RENAME Out Gone").await;
    assert_eq!(
        client.ok("LIST (SPECIAL-USE) \"\" *").await,
        ["* LIST (\\HasNoChildren \\Sent \\Drafts) \"/\" Gone"]
    );
}
