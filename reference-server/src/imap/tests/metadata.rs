//! Annotations of mailboxes and of the server.

use super::harness::World;

#[tokio::test]
async fn annotations_are_set_told_and_removed() {
    let world = World::new().await;
    let mut client = world.login().await;
    client.ok("CREATE Work").await;
    let none = "* METADATA Work (/shared/comment NIL)";
    assert_eq!(client.ok("GETMETADATA Work /shared/comment").await, [none]);
    client.ok("SETMETADATA Work (/shared/comment \"a \\\"b\\\"\" /Private/comment {3}\r\na\r\n)").await;
    let told = client.ok("GETMETADATA Work (/SHARED/Comment /private/comment)").await;
    assert_eq!(told, ["* METADATA Work (/shared/comment \"a \\\"b\\\"\" /private/comment {3}\r\na\r\n)"]);
    client.ok("SETMETADATA Work (/private/comment NIL /private/x ~{2+}\r\n\0\u{1})").await;
    let told = client.ok("GETMETADATA (DEPTH infinity) Work (/private /shared)").await;
    assert_eq!(told, ["* METADATA Work (/private/x ~{2}\r\n\0\u{1} /shared/comment \"a \\\"b\\\"\")"]);
    for wrong in [
        "GETMETADATA Work",
        "GETMETADATA Work comment",
        "GETMETADATA (DEPTH 2) Work /private/a",
        "GETMETADATA (WIDTH 1) Work /private/a",
        "SETMETADATA Work (/private \"a\")",
        "SETMETADATA Work (/private/a)",
        "SETMETADATA Work (/private//a \"x\")",
    ] {
        client.bad(wrong).await;
    }
    assert!(client.no("GETMETADATA Missing /shared/comment").await.starts_with("NO [NONEXISTENT]"));
}

#[tokio::test]
async fn long_values_are_left_out_and_deep_ones_found() {
    let world = World::new().await;
    let mut client = world.login().await;
    client.ok("SETMETADATA INBOX (/private/a \"x\" /private/a/b \"four\" /private/a/b/c \"seven..\")").await;
    let told = client.ok("GETMETADATA (DEPTH 1) INBOX /private/a").await;
    assert_eq!(
        told,
        ["* METADATA INBOX (/private/a x /private/a/b four)"
            .replace("x", "\"x\"")
            .replace("four", "\"four\"")]
    );
    let (told, end) = client.command("GETMETADATA (DEPTH infinity MAXSIZE 3) INBOX /private/a").await;
    assert_eq!(told, ["* METADATA INBOX (/private/a \"x\")"]);
    assert!(end.starts_with("OK [METADATA LONGENTRIES 7] "), "{end}");
    // As the examples of the RFC have it, too.
    let (told, end) = client.command("GETMETADATA INBOX (MAXSIZE 0) /private/a").await;
    assert!(told.is_empty() && end.starts_with("OK [METADATA LONGENTRIES 1] "), "{end}");
}

#[tokio::test]
async fn there_are_limits_and_what_is_refused_changes_nothing() {
    let world = World::new().await;
    let mut client = world.login().await;
    let long = "x".repeat(8193);
    let set = format!("SETMETADATA INBOX (/private/a \"x\" /private/b \"{long}\")");
    assert!(client.no(&set).await.starts_with("NO [METADATA MAXSIZE 8192] "));
    assert!(
        client
            .no("SETMETADATA INBOX (/private/b {8193}\r\n")
            .await
            .starts_with("NO [METADATA MAXSIZE 8192] ")
    );
    client.ok(&format!("SETMETADATA INBOX (/private/b {{8192+}}\r\n{})", &long[1..])).await;
    for number in 1..100 {
        client.ok(&format!("SETMETADATA INBOX (/private/n{number} \"x\")")).await;
    }
    let set = "SETMETADATA INBOX (/private/b \"changed\" /private/n100 \"x\")";
    assert!(client.no(set).await.starts_with("NO [METADATA TOOMANY] "));
    client.ok("SETMETADATA INBOX (/private/n1 NIL /private/n100 \"x\" /shared/a \"x\")").await;
    let (_, end) = client.command("GETMETADATA (MAXSIZE 100) INBOX /private/b").await;
    assert!(end.starts_with("OK [METADATA LONGENTRIES 8192] "), "{end}");
}

#[tokio::test]
async fn what_is_private_and_what_is_not() {
    let world = World::new().await;
    world.shared.authenticator.put_account("bob@example.test", "secret").await.unwrap();
    let mut alice = world.login().await;
    let mut bob = world.connect().await;
    bob.ok("LOGIN bob secret").await;
    alice.ok("CREATE Work").await;
    alice.ok("SETMETADATA Work (/private/a \"mine\" /shared/a \"ours\")").await;
    let get = "GETMETADATA \"Other Users/alice/Work\" (/private/a /shared/a)";
    assert!(bob.no(get).await.starts_with("NO [NONEXISTENT]"));
    alice.ok("SETACL Work bob lxka").await;
    assert!(bob.no(get).await.starts_with("NO [NOPERM]"));
    alice.ok("SETACL Work bob lp").await;
    let told = "* METADATA \"Other Users/alice/Work\" (/private/a NIL /shared/a \"ours\")";
    assert_eq!(bob.ok(get).await, [told]);
    bob.ok("SETMETADATA \"Other Users/alice/Work\" (/private/a \"his\" /shared/a \"all's\")").await;
    let told = alice.ok("GETMETADATA Work (/private/a /shared/a)").await;
    assert_eq!(told, ["* METADATA Work (/private/a \"mine\" /shared/a \"all's\")"]);
    // Of the server.
    alice.ok("SETMETADATA \"\" (/private/a \"mine\")").await;
    assert_eq!(bob.ok("GETMETADATA \"\" /private/a").await, ["* METADATA \"\" (/private/a NIL)"]);
    assert_eq!(alice.ok("GETMETADATA \"\" /private/a").await, ["* METADATA \"\" (/private/a \"mine\")"]);
    assert!(alice.no("SETMETADATA \"\" (/shared/a \"ours\")").await.starts_with("NO [NOPERM]"));
    let admin = "* METADATA \"\" (/shared/admin \"mailto:postmaster@example.test\")";
    assert_eq!(bob.ok("GETMETADATA \"\" /shared/admin").await, [admin]);
}

#[tokio::test]
async fn who_enabled_it_is_told_what_others_change() {
    let world = World::new().await;
    world.shared.authenticator.put_account("bob@example.test", "secret").await.unwrap();
    let (mut client, mut other) = (world.login().await, world.login().await);
    let mut bob = world.connect().await;
    bob.ok("LOGIN bob secret").await;
    for listener in [&mut client, &mut bob] {
        assert_eq!(listener.ok("ENABLE METADATA METADATA").await, ["* ENABLED METADATA"]);
    }
    client.ok("CREATE Work").await;
    client.ok("SETMETADATA Work (/shared/a \"x\")").await;
    assert_eq!(client.ok("NOOP").await, Vec::<String>::new(), "its own doing");
    other.ok("SETMETADATA Work (/shared/a \"y\")").await;
    other.ok("SETMETADATA Work (/shared/a NIL /shared/b \"x\")").await;
    assert_eq!(client.ok("NOOP").await, ["* METADATA Work /shared/a /shared/b"]);
    assert_eq!(bob.ok("NOOP").await, Vec::<String>::new(), "not his to see");
    other.ok("SETACL Work bob lr").await;
    other.ok("SETMETADATA Work (/shared/a \"z\" /private/a \"z\")").await;
    assert_eq!(bob.ok("NOOP").await, ["* METADATA \"Other Users/alice/Work\" /shared/a"]);
    // In IDLE at once.
    client.send(b"i IDLE\r\n").await;
    let told = [client.line().await, client.line().await];
    assert_eq!(told, ["+ idling", "* METADATA Work /private/a /shared/a"]);
    other.ok("SETMETADATA \"\" (/private/c \"x\")").await;
    assert_eq!(client.line().await, "* METADATA \"\" /private/c");
    client.send(b"DONE\r\n").await;
    assert!(client.line().await.starts_with("i OK"));
    // What a client says by NOTIFY goes before it.
    client.ok("NOTIFY SET (personal (MailboxName))").await;
    other.ok("SETMETADATA Work (/shared/a NIL)").await;
    assert_eq!(client.ok("NOOP").await, Vec::<String>::new());
    // Nobody else is to hear of it.
    bob.ok("UNAUTHENTICATE").await;
    bob.ok("LOGIN bob secret").await;
    other.ok("SETMETADATA Work (/shared/a \"x\")").await;
    assert_eq!(bob.ok("NOOP").await, Vec::<String>::new());
}

#[tokio::test]
async fn who_falls_behind_is_told_that_something_was_lost() {
    let world = World::new().await;
    let (mut client, mut other) = (world.login().await, world.login().await);
    client.ok("ENABLE METADATA").await;
    for _ in 0..300 {
        other.ok("SETMETADATA INBOX (/private/a \"x\")").await;
    }
    let told = client.ok("NOOP").await.concat();
    assert!(told.starts_with("* OK [NOTIFICATIONOVERFLOW] "), "{told}");
    other.ok("SETMETADATA INBOX (/private/b \"x\")").await;
    assert_eq!(client.ok("NOOP").await, ["* METADATA INBOX /private/b"]);
}

#[tokio::test]
async fn special_uses_are_an_annotation_that_the_owner_may_set() {
    let world = World::new().await;
    world.shared.authenticator.put_account("bob@example.test", "secret").await.unwrap();
    let mut client = world.login().await;
    client.ok("CREATE Work (USE (\\Sent \\Archive))").await;
    let uses = "* METADATA Work (/private/specialuse \"\\\\Sent \\\\Archive\")";
    assert_eq!(client.ok("GETMETADATA Work /private/specialuse").await, [uses]);
    assert_eq!(client.ok("GETMETADATA (DEPTH 1) Work /private").await, [uses]);
    let set = |uses: &str| format!("SETMETADATA Work (/private/specialuse \"{uses}\" /private/a \"x\")");
    assert!(client.no(&set("\\\\Sent \\\\All")).await.starts_with("NO [USEATTR] "));
    assert!(client.no(&set("Sent")).await.starts_with("NO [USEATTR] "));
    assert_eq!(client.ok("GETMETADATA Work /private/a").await, ["* METADATA Work (/private/a NIL)"]);
    client.ok(&set("\\\\drafts")).await;
    assert_eq!(client.ok("LIST \"\" Work").await, ["* LIST (\\HasNoChildren \\Drafts) \"/\" Work"]);
    client.ok("SETMETADATA Work (/private/specialuse NIL)").await;
    assert_eq!(client.ok("LIST (SPECIAL-USE) \"\" *").await, Vec::<String>::new());
    client.ok("SETACL Work bob lrw").await;
    let mut bob = world.connect().await;
    bob.ok("LOGIN bob secret").await;
    let set = "SETMETADATA \"Other Users/alice/Work\" (/private/specialuse \"\\\\Sent\")";
    assert!(bob.no(set).await.starts_with("NO [NOPERM] "));
    // Of the server it is an entry as any other.
    client.ok("SETMETADATA \"\" (/private/specialuse \"x\")").await;
}

#[tokio::test]
async fn list_tells_annotations_that_it_is_asked_for() {
    let world = World::new().await;
    let mut client = world.login().await;
    client.ok("CREATE Work").await;
    client.ok("SETMETADATA Work (/shared/a \"x\" /private/a \"y\")").await;
    let told =
        client.ok("LIST \"\" Work RETURN (metadata (/shared/a \"/private/b\") STATUS (MESSAGES))").await;
    assert_eq!(
        told,
        [
            "* LIST (\\HasNoChildren) \"/\" Work",
            "* METADATA Work (/shared/a \"x\" /private/b NIL)",
            "* STATUS Work (MESSAGES 0)"
        ]
    );
    for wrong in
        ["METADATA", "METADATA /shared/a", "METADATA ()", "METADATA (a)", "METADATA (/shared/a) (/shared/b)"]
    {
        client.bad(&format!("LIST \"\" Work RETURN ({wrong})")).await;
    }
}

#[tokio::test]
async fn annotations_follow_their_mailbox() {
    let world = World::new().await;
    let mut client = world.login().await;
    client.ok("CREATE Work").await;
    client.ok("SETMETADATA Work (/private/a \"x\")").await;
    client.ok("RENAME Work Other").await;
    assert_eq!(client.ok("GETMETADATA Other /private/a").await, ["* METADATA Other (/private/a \"x\")"]);
    client.ok("DELETE Other").await;
    client.ok("CREATE Other").await;
    assert_eq!(client.ok("GETMETADATA Other /private/a").await, ["* METADATA Other (/private/a NIL)"]);
    client.ok("SETMETADATA INBOX (/private/a \"y\")").await;
    client.ok("RENAME INBOX Old").await;
    for name in ["INBOX", "Old"] {
        let told = format!("* METADATA {name} (/private/a \"y\")");
        assert_eq!(client.ok(&format!("GETMETADATA {name} /private/a")).await, [told]);
    }
}
