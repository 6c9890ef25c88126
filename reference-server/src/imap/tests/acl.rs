//! Access control lists: two users and one mailbox, right by right.

use super::harness::{Client, World};

/// What bob calls alice's mailbox.
const WORK: &str = "\"Other Users/alice/Work\"";

/// Alice with a mailbox of three messages, and bob.
async fn both(world: &World) -> (Client, Client) {
    world.shared.authenticator.put_account("bob@example.test", "secret").await.unwrap();
    let mut alice = world.login().await;
    alice.ok("CREATE Work").await;
    for flags in ["\\Seen \\Deleted", "\\Flagged $Work", ""] {
        alice.ok(&format!("APPEND Work ({flags}) {{6}}\r\nA: b\r\n")).await;
    }
    let mut bob = world.connect().await;
    bob.ok("LOGIN bob secret").await;
    (alice, bob)
}

#[tokio::test]
async fn lists_are_kept_as_they_are_set() {
    let world = World::new().await;
    let (mut alice, _) = both(&world).await;
    assert_eq!(alice.ok("GETACL Work").await, ["* ACL Work \"alice\" lrswipkxteacd"]);
    alice.ok("SETACL Work BOB@example.test lrd").await;
    alice.ok("setacl Work bob +k").await;
    alice.ok("SETACL Work bob -t").await;
    alice.ok("SETACL Work anyone \"\"").await;
    alice.ok("SETACL Work -anyone p").await;
    let told = "* ACL Work \"-anyone\" p \"alice\" lrswipkxteacd \"bob\" lrkecd";
    assert_eq!(alice.ok("GETACL Work").await, [told]);
    alice.ok("DELETEACL Work alice").await;
    alice.ok("DELETEACL Work -anyone").await;
    assert_eq!(alice.ok("GETACL Work").await, ["* ACL Work \"bob\" lrkecd"]);
    assert_eq!(alice.ok("MYRIGHTS Work").await, ["* MYRIGHTS Work la"]);
    alice.ok("SETACL Work alice r").await;
    assert_eq!(
        alice.ok("GETACL Work").await,
        ["* ACL Work \"alice\" lra \"bob\" lrkecd"],
        "the owner keeps what nobody takes"
    );
    let bob = "* LISTRIGHTS Work \"Bob\" \"\" l r s w i p k x t e a c d";
    assert_eq!(alice.ok("LISTRIGHTS Work Bob").await, [bob]);
    let own = "* LISTRIGHTS Work \"alice\" la r s w i p k x t e c d";
    assert_eq!(alice.ok("LISTRIGHTS Work alice").await, [own]);
    for wrong in
        ["Work bob lQ", "Work bob lq", "Work bob +0", "Work \"\" l", "Work \"-\" l", "Work bob", "Work"]
    {
        alice.bad(&format!("SETACL {wrong}")).await;
    }
    alice.bad("SETACL Work {1+}\r\n\u{7} l").await;
    assert!(alice.no("SETACL Nowhere bob l").await.starts_with("NO [NONEXISTENT]"));
}

#[tokio::test]
async fn who_may_not_see_a_mailbox_learns_nothing_of_it() {
    let world = World::new().await;
    let (mut alice, mut bob) = both(&world).await;
    let nothing = bob.no("MYRIGHTS \"Other Users/alice/Missing\"").await;
    assert!(nothing.starts_with("NO [NONEXISTENT]"));
    alice.ok("SETACL Work bob swtep").await;
    let commands = [
        "MYRIGHTS %",
        "GETACL %",
        "SETACL % bob l",
        "DELETEACL % bob",
        "LISTRIGHTS % bob",
        "SELECT %",
        "EXAMINE %",
        "STATUS % (MESSAGES)",
        "DELETE %",
        "SUBSCRIBE %",
        "RENAME % %2",
        "GETQUOTAROOT %",
    ];
    for command in commands {
        let there = bob.no(&command.replace('%', WORK).replace("\"2", "2\"")).await;
        for other in ["\"Other Users/alice/Missing\"", "\"Other Users/nobody/Work\""] {
            let missing = bob.no(&command.replace('%', other).replace("\"2", "2\"")).await;
            assert_eq!(there, missing, "{command}");
        }
    }
    for other in [WORK, "\"Other Users/alice/Missing\"", "\"Other Users/nobody/Work\""] {
        assert!(bob.no(&format!("APPEND {other} {{6+}}\r\nA: b\r\n")).await.starts_with("NO [TRYCREATE]"));
        let below = other.replace("\"O", "O").replace('"', "/x");
        assert!(bob.no(&format!("CREATE \"{below}\"")).await.starts_with("NO [NOPERM]"));
    }
    assert_eq!(bob.ok("LIST \"\" *").await, ["* LIST (\\HasNoChildren) \"/\" INBOX"]);
    assert!(bob.no("CREATE \"Other Users\"").await.starts_with("NO [NOPERM]"));
    assert!(bob.no("RENAME INBOX \"Other Users/alice/x\"").await.starts_with("NO [CANNOT]"));
}

#[tokio::test]
async fn what_may_be_seen_is_listed_with_its_rights() {
    let world = World::new().await;
    let (mut alice, mut bob) = both(&world).await;
    alice.ok("CREATE Work/Deep/er").await;
    alice.ok("SETACL Work/Deep/er anyone l").await;
    alice.ok("SETACL Work/Deep/er bob rt").await;
    let deeper = "* LIST (\\HasNoChildren) \"/\" \"Other Users/alice/Work/Deep/er\"";
    assert_eq!(bob.ok("LIST \"\" *").await, ["* LIST (\\HasNoChildren) \"/\" INBOX", deeper]);
    let level = "* LIST (\\Noselect \\HasChildren) \"/\" \"Other Users/alice/Work\"";
    assert_eq!(bob.ok("LIST \"Other Users/alice/\" %").await, [level]);
    assert_eq!(bob.ok("LIST \"\" (\"Other Users/%\") RETURN (MYRIGHTS)").await.len(), 1);
    let told = bob.ok("LIST \"\" \"Other Users/*\" RETURN (MYRIGHTS STATUS (MESSAGES))").await;
    let rights = "* MYRIGHTS \"Other Users/alice/Work/Deep/er\" lrtd";
    let numbers = "* STATUS \"Other Users/alice/Work/Deep/er\" (MESSAGES 0)";
    assert_eq!(told, [deeper, rights, numbers]);
    bob.ok("SUBSCRIBE \"Other Users/alice/Work/Deep/er\"").await;
    assert_eq!(bob.ok("LSUB \"\" *").await.len(), 1);
    alice.ok("SETACL Work/Deep/er bob -r").await;
    let told = bob.ok("LIST \"\" \"Other Users/*\" RETURN (STATUS (MESSAGES))").await;
    assert_eq!(told, ["* LIST (\\HasNoChildren \\Noselect) \"/\" \"Other Users/alice/Work/Deep/er\""]);
    alice.ok("SETACL Work/Deep/er -bob l").await;
    assert!(bob.ok("LSUB \"\" *").await.is_empty());
    assert!(bob.ok("LIST (SUBSCRIBED) \"\" *").await.is_empty());
    bob.ok("UNSUBSCRIBE \"Other Users/alice/Work/Deep/er\"").await;
    let own = ["* LIST (\\HasNoChildren) \"/\" INBOX", "* MYRIGHTS INBOX lrswipkxteacd"];
    assert_eq!(bob.ok("LIST \"\" * RETURN (MYRIGHTS)").await, own);
}

#[tokio::test]
async fn flags_are_changed_as_far_as_there_are_rights() {
    let world = World::new().await;
    let (mut alice, mut bob) = both(&world).await;
    let select = format!("SELECT {WORK}");
    for (rights, code, permanent) in [
        ("lr", "[READ-ONLY]", ""),
        ("lrs", "[READ-WRITE]", "\\Seen"),
        ("lrt", "[READ-WRITE]", "\\Deleted"),
        ("lri", "[READ-WRITE]", ""),
        ("lrw", "[READ-WRITE]", "\\Answered \\Flagged \\Draft $Work \\*"),
    ] {
        alice.ok(&format!("SETACL Work bob {rights}")).await;
        let (untagged, end) = bob.command(&select).await;
        assert!(end.starts_with(&format!("OK {code}")), "{rights}: {end}");
        let line = format!("* OK [PERMANENTFLAGS ({permanent})] ");
        assert!(untagged.iter().any(|told| told.starts_with(&line)), "{rights}: {untagged:?}");
    }
    // w: everything but \Seen and \Deleted.
    let told = bob.ok("STORE 1 FLAGS (\\Seen \\Draft)").await;
    assert_eq!(told, ["* 1 FETCH (FLAGS (\\Deleted \\Seen \\Draft))"]);
    assert!(bob.no("STORE 2 +FLAGS (\\Seen)").await.starts_with("NO [NOPERM]"));
    assert_eq!(bob.ok("STORE 2 FLAGS ()").await, ["* 2 FETCH (FLAGS ())"]);
    bob.ok("FETCH 3 BODY[]").await;
    assert_eq!(bob.ok("FETCH 3 FLAGS").await, ["* 3 FETCH (FLAGS ())"]);
    assert!(bob.no("EXPUNGE").await.starts_with("NO [NOPERM]"));
    assert!(bob.no("MOVE 1 INBOX").await.starts_with("NO [NOPERM]"));
    bob.ok("CLOSE").await;
    assert_eq!(alice.ok("STATUS Work (MESSAGES)").await, ["* STATUS Work (MESSAGES 3)"]);
    // Both see what the other does.
    alice.ok("SETACL Work bob lrswite").await;
    bob.ok(&select).await;
    alice.ok("SELECT Work").await;
    alice.ok("STORE 3 +FLAGS.SILENT (\\Answered)").await;
    assert_eq!(bob.ok("NOOP").await, ["* 3 FETCH (FLAGS (\\Answered))"]);
    bob.ok("MOVE 1 INBOX").await;
    assert_eq!(alice.ok("NOOP").await, ["* 1 EXPUNGE"]);
    // A change of rights is told; without r there is no staying.
    alice.ok("SETACL Work bob lrs").await;
    let told = bob.ok("NOOP").await;
    assert!(told[1].starts_with("* OK [PERMANENTFLAGS (\\Seen)] "), "{told:?}");
    alice.ok("SETACL Work bob l").await;
    bob.send(b"x FETCH 1 FLAGS\r\n").await;
    assert!(bob.closed().await.starts_with("* BYE [NOPERM] "));
}

#[tokio::test]
async fn messages_come_with_the_flags_that_may_be_set() {
    let world = World::new().await;
    world.deliver("Subject: one\r\n\r\n").await;
    let (mut alice, mut bob) = both(&world).await;
    alice.ok("SETACL Work bob lrs").await;
    assert!(bob.no(&format!("APPEND {WORK} {{6+}}\r\nA: b\r\n")).await.starts_with("NO [NOPERM]"));
    alice.ok("SETACL Work bob lris").await;
    bob.ok(&format!("APPEND {WORK} (\\Seen \\Deleted \\Draft key) {{6}}\r\nA: b\r\n")).await;
    bob.ok("APPEND INBOX (\\Seen \\Deleted \\Draft key) {6}\r\nA: b\r\n").await;
    bob.ok("SELECT INBOX").await;
    bob.ok(&format!("COPY 1 {WORK}")).await;
    alice.ok("SETQUOTA account (MESSAGE 5)").await;
    assert!(bob.no(&format!("COPY 1 {WORK}")).await.starts_with("NO [OVERQUOTA]"), "alice's quota");
    alice.ok("SELECT Work").await;
    let told = alice.ok("FETCH 4:5 FLAGS").await;
    assert_eq!(told[..2], ["* 4 FETCH (FLAGS (\\Seen \\Recent))", "* 5 FETCH (FLAGS (\\Seen \\Recent))"]);
    let told = bob.ok(&format!("GETQUOTAROOT {WORK}")).await;
    assert_eq!(told[0], format!("* QUOTAROOT {WORK} \"account of alice\""));
    assert_eq!(bob.ok("GETQUOTA \"account of alice\"").await, [told[1].clone()]);
    assert!(bob.no("SETQUOTA \"account of alice\" ()").await.starts_with("NO "));
    alice.ok("DELETEACL Work bob").await;
    assert!(bob.no("GETQUOTA \"account of alice\"").await.starts_with("NO [NONEXISTENT]"));
}

#[tokio::test]
async fn hierarchies_of_others_are_changed_with_rights_and_keep_their_lists() {
    let world = World::new().await;
    let (mut alice, mut bob) = both(&world).await;
    alice.ok("SETACL Work bob lx").await;
    assert!(bob.no("CREATE \"Other Users/alice/Work/New\"").await.starts_with("NO [NOPERM]"));
    assert!(bob.no("CREATE \"Other Users/alice/Top\"").await.starts_with("NO [NOPERM]"));
    alice.ok("SETACL Work bob lk").await;
    bob.ok("CREATE \"Other Users/alice/Work/New\"").await;
    let told = "* ACL Work/New \"alice\" lrswipkxteacd \"bob\" lkc";
    assert_eq!(alice.ok("GETACL Work/New").await, [told]);
    assert!(bob.no("DELETE \"Other Users/alice/Work/New\"").await.starts_with("NO [NOPERM]"));
    let rename = "RENAME \"Other Users/alice/Work/New\" \"Other Users/alice/Work/Other\"";
    assert!(bob.no(rename).await.starts_with("NO [NOPERM]"));
    alice.ok("SETACL Work/New bob lx").await;
    bob.ok(rename).await;
    assert_eq!(alice.ok("GETACL Work/Other").await, ["* ACL Work/Other \"alice\" lrswipkxteacd \"bob\" lxc"]);
    assert!(bob.no("RENAME \"Other Users/alice/Work/Other\" Mine").await.starts_with("NO [CANNOT]"));
    bob.ok("DELETE \"Other Users/alice/Work/Other\"").await;
    alice.ok("CREATE Work/Other").await;
    assert!(alice.ok("GETACL Work/Other").await[0].ends_with("\"bob\" lkc"), "of the one above, again");
}
