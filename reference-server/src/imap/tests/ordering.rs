//! SORT, THREAD, and searches that are kept up to date.

use super::harness::{Client, World};

const MESSAGES: [&str; 4] = [
    "Date: 3 Jan 2000 00:00 +0000\r\nFrom: Zoe <a@x.test>\r\nSubject: b\r\nMessage-ID: <1@x>\r\n\r\n",
    "Date: 1 Jan 2000 00:00 +0000\r\nFrom: b@x.test\r\nSubject: Re: a\r\nMessage-ID: <2@x>\r\nReferences: <1@x>\r\n\r\n",
    "Date: 2 Jan 2000 00:00 +0000\r\nFrom: Adam <c@x.test>\r\nSubject: A\r\nMessage-ID: <3@x>\r\n\r\n",
    "Date: 4 Jan 2000 00:00 +0000\r\nFrom: d@x.test\r\nSubject: Re: a\r\nMessage-ID: <4@x>\r\n\r\nlonger\r\n",
];

async fn world() -> (World, Client) {
    let world = World::new().await;
    for message in MESSAGES {
        world.deliver(message).await;
    }
    let client = world.inbox().await;
    (world, client)
}

#[tokio::test]
async fn messages_are_sorted_and_threaded() {
    let (_world, mut client) = world().await;
    client.ok("STORE 1:2 +FLAGS.SILENT (\\Deleted)").await;
    for (command, answer) in [
        ("SORT (DATE) UTF-8 ALL", "* SORT 2 3 1 4"),
        ("SORT (REVERSE DATE) US-ASCII UNDELETED", "* SORT 4 3"),
        ("SORT (SUBJECT REVERSE DATE) UTF-8 ALL", "* SORT 4 3 2 1"),
        ("SORT (DISPLAYFROM) UTF-8 ALL", "* SORT 3 2 4 1"),
        ("SORT (REVERSE SIZE) UTF-8 SUBJECT none", "* SORT"),
        ("THREAD ORDEREDSUBJECT UTF-8 ALL", "* THREAD (2 (3)(4))(1)"),
        ("THREAD REFERENCES UTF-8 ALL", "* THREAD (3 4)(1 2)"),
        ("THREAD REFERENCES UTF-8 SUBJECT none", "* THREAD"),
    ] {
        assert_eq!(client.ok(command).await, [answer], "{command}");
    }
    for (command, answer) in [
        ("SORT RETURN () (DATE) UTF-8 ALL", " ALL 2:3,1,4"),
        ("SORT RETURN (MIN MAX COUNT) (DATE) UTF-8 ALL", " MIN 2 MAX 4 COUNT 4"),
        ("SORT RETURN (PARTIAL 2:9) (DATE) UTF-8 ALL", " PARTIAL (2:9 3,1,4)"),
        ("SEARCH RETURN (PARTIAL -1:-2) ALL", " PARTIAL (-1:-2 3:4)"),
        ("SEARCH RETURN (PARTIAL 5:6 COUNT) ALL", " PARTIAL (5:6 NIL) COUNT 4"),
    ] {
        let told = client.ok(command).await;
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].split_once("\")").unwrap().1, answer, "{command}");
    }
    assert!(client.no("SORT (DATE) X-NONE ALL").await.starts_with("NO [BADCHARSET "));
    client.ok("SEARCH RETURN (SAVE PARTIAL 2:3 MAX) ALL").await;
    assert_eq!(client.ok("SEARCH $").await, ["* SEARCH 2 3 4"]);
    client.ok("EXPUNGE").await;
    assert_eq!(client.ok("UID SORT (DATE) UTF-8 ALL").await, ["* SORT 3 4"]);
    assert_eq!(client.ok("UID THREAD REFERENCES UTF-8 ALL").await, ["* THREAD (3 4)"]);
    let told = client.ok("UID FETCH 1:* UID (PARTIAL -1:-1)").await;
    assert_eq!(told, ["* 2 FETCH (UID 4)"]);
    client.bad("FETCH 1:* UID (PARTIAL -1:-1)").await;
}

#[tokio::test]
async fn updates_come_before_expunges_and_behind_new_messages() {
    let (world, mut client) = world().await;
    let told = client.ok("SEARCH RETURN (UPDATE COUNT) UNFLAGGED").await;
    assert_eq!(told, ["* ESEARCH (TAG \"t3\") COUNT 4"]);
    let told = client.ok("UID SORT RETURN (UPDATE ALL) (DATE) UTF-8 UNFLAGGED").await;
    assert_eq!(told, ["* ESEARCH (TAG \"t4\") UID ALL 2:3,1,4"]);
    let told = client.ok("STORE 1 +FLAGS.SILENT (\\Flagged)").await;
    let expected = ["* ESEARCH (TAG \"t3\") REMOVEFROM (0 1)", "* ESEARCH (TAG \"t4\") UID REMOVEFROM (3 1)"];
    assert_eq!(told, expected);
    let told = client.ok("STORE 1 -FLAGS.SILENT (\\Flagged)").await;
    assert_eq!(told, ["* ESEARCH (TAG \"t3\") ADDTO (0 1)", "* ESEARCH (TAG \"t4\") UID ADDTO (3 1)"]);
    let mut other = world.inbox().await;
    other.ok("STORE 3 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    world.deliver("Date: 1 Jan 1999 00:00 +0000\r\n\r\n").await;
    let told = client.ok("NOOP").await;
    assert_eq!(
        told,
        [
            "* ESEARCH (TAG \"t3\") REMOVEFROM (0 3)",
            "* ESEARCH (TAG \"t4\") UID REMOVEFROM (2 3)",
            "* 3 EXPUNGE",
            "* 4 EXISTS",
            "* 4 RECENT",
            "* ESEARCH (TAG \"t3\") ADDTO (0 4)",
            "* ESEARCH (TAG \"t4\") UID ADDTO (1 5)",
        ]
    );
    client.ok("CANCELUPDATE \"t3\" \"t4\"").await;
    client.bad("CANCELUPDATE \"t3\"").await;
    assert!(client.ok("STORE 1 +FLAGS.SILENT (\\Flagged)").await.is_empty());
}

#[tokio::test]
async fn a_tag_is_used_once_and_there_are_only_so_many_updates() {
    let (_world, mut client) = world().await;
    client.send(b"x SEARCH RETURN (UPDATE) 1:2\r\nx SEARCH RETURN (UPDATE) ALL\r\n").await;
    assert_eq!(client.line().await, "* ESEARCH (TAG \"x\")");
    assert!(client.line().await.starts_with("x OK "));
    assert!(client.line().await.starts_with("x BAD [CLIENTBUG] "));
    for _ in 0..15 {
        client.ok("SEARCH RETURN (UPDATE) FLAGGED").await;
    }
    let told = client.ok("SEARCH RETURN (UPDATE COUNT) FLAGGED").await;
    assert_eq!(told.len(), 2);
    assert!(told[1].starts_with("* NO [NOUPDATE \"t18\"] "), "{told:?}");
    client.ok("SELECT INBOX").await;
    assert!(client.ok("STORE 1 +FLAGS.SILENT (\\Flagged)").await.is_empty());
}
