//! RFC 5465: NOTIFY, the exchanges of sections 3.1, 6 and 7, and the responses of section 5, each
//! with what leads to it. Section 3.1 prints events without the parentheses that its grammar has
//! around them, and MessageNew without MessageExpunge, which section 5 has answered BAD: here they
//! are as the grammar and section 5 have them. STATUS tells UIDVALIDITY too, and LIST what it knows
//! of children, as a server may.

use super::{Scene, quietly};
use crate::testing::Peer;

const LETTER: &str = "From: ada@observatory.example\nTo: karl@workshop.example\nSubject: dawn\n\nLook.\n";

/// Someone who asked for this, with nothing selected.
async fn watching(scene: &Scene, groups: &str) -> Peer {
    let mut peer = scene.authenticated().await;
    peer.follow(&format!("C: n notify set {groups}\nS: n OK ...")).await;
    peer
}

#[tokio::test]
async fn section_3_1_a_client_that_watches() {
    let scene = Scene::new().await.flagged("INBOX", &["\\Seen"]).await.flagged("Lists", &[]).await;
    let scene = scene.flagged("Lists/Bees", &["", ""]).await.flagged("Lists/Wells", &[]).await;
    let scene = scene.flagged("misc", &[""]).await;
    let mut peer = scene.opened();
    peer.follow(
        r"
        S: * OK [CAPABILITY IMAP4rev1 ${before} NOTIFY ${behind}] ...
        C: a login alice alice-secret
        S: a OK [CAPABILITY ${capabilities}] ...
        C: b notify set status (selected (MessageNew (uid body.peek[header.fields (from to subject)])
           MessageExpunge)) (subtree Lists (MessageNew MessageExpunge))
        S| * STATUS Lists (MESSAGES 0 UIDNEXT 1 UIDVALIDITY ${lists})
        S| * STATUS Lists/Bees (MESSAGES 2 UIDNEXT 3 UIDVALIDITY ${bees})
        S| * STATUS Lists/Wells (MESSAGES 0 UIDNEXT 1 UIDVALIDITY ${wells})
        S: b OK ...
        C: c select inbox
        S| * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
        S| * 1 EXISTS
        S| * 0 RECENT
        S| * OK [UIDVALIDITY ${validity}] ...
        S| * OK [UIDNEXT 2] ...
        S| * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] ...
        S| * OK [HIGHESTMODSEQ ${modseq}] ...
        S| * OK [MAILBOXID (${id})] ...
        S: c OK [READ-WRITE] ...
        ",
    )
    .await;
    scene.arrives("Lists/Bees", "", LETTER).await;
    peer.follow("S: * STATUS Lists/Bees (MESSAGES 3 UIDNEXT 4 UIDVALIDITY ${bees})").await;
    scene.arrives("INBOX", "", LETTER).await;
    let transcript = r"
        S: * 2 EXISTS
        S: * 1 RECENT
        S: * 2 FETCH (UID 2 BODY[HEADER.FIELDS (from to subject)] {75}
        S: From: ada@observatory.example
        S: To: karl@workshop.example
        S: Subject: dawn
        S:
        S: )
        C: d STATUS misc (UIDVALIDITY UIDNEXT MESSAGES)
        S: * STATUS misc (UIDVALIDITY ${misc} UIDNEXT 2 MESSAGES 1)
        S: d OK ...
        C: e notify set (selected (MessageNew (uid body.peek[header.fields (from to subject)])
           MessageExpunge)) (subtree Lists (MessageNew MessageExpunge))
           (mailboxes misc (MessageNew MessageExpunge))
        S: e OK ...
        ";
    peer.follow(transcript).await;
    scene.arrives("misc", "", LETTER).await;
    peer.follow_to_the_end("S: * STATUS misc (MESSAGES 2 UIDNEXT 3 UIDVALIDITY ${misc})").await;
}

/// As the section prints it.
#[tokio::test]
async fn section_3_1_one_of_two_events_that_belong_together() {
    let transcript = r"
        C: b notify set (subtree Lists (MessageNew))
        S: b BAD ...
        C: c notify set (subtree Lists MessageNew)
        S: c BAD ...
        ";
    Scene::new().await.authenticated().await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_5_1_flags() {
    let scene = Scene::new().await.flagged("INBOX", &["", "", ""]).await.flagged("Bees", &[""]).await;
    let mut peer = scene.authenticated().await;
    quietly(&mut peer, "SELECT INBOX").await;
    let events = "(MessageNew MessageExpunge FlagChange)";
    quietly(&mut peer, &format!("NOTIFY SET (selected {events}) (personal {events})")).await;
    quietly(&mut scene.selected("INBOX").await, "STORE 3 +FLAGS.SILENT ($Junk)").await;
    peer.follow(
        r"
        S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Junk)
        S: * 3 FETCH (UID 3 FLAGS ($Junk))
        C: a ENABLE CONDSTORE
        S: * ENABLED CONDSTORE
        S: * OK [HIGHESTMODSEQ ${modseq}] ...
        S: a OK ...
        ",
    )
    .await;
    quietly(&mut scene.selected("Bees").await, "STORE 1 +FLAGS.SILENT (\\Flagged)").await;
    peer.follow_to_the_end("S: * STATUS Bees (UIDVALIDITY ${bees} HIGHESTMODSEQ ${newer})").await;
}

#[tokio::test]
async fn section_5_2_new_messages() {
    let scene = Scene::new().await.flagged("INBOX", &["", "", ""]).await.flagged("Bees", &[""]).await;
    let mut peer = scene.selected("INBOX").await;
    let groups = "(selected (MessageNew (UID) MessageExpunge)) (personal (MessageNew MessageExpunge))";
    quietly(&mut peer, &format!("NOTIFY SET {groups}")).await;
    scene.arrives("INBOX", "", LETTER).await;
    peer.follow("S: * 4 EXISTS\nS: * 1 RECENT\nS: * 4 FETCH (UID 4)").await;
    scene.arrives("Bees", "", LETTER).await;
    peer.follow_to_the_end("S: * STATUS Bees (MESSAGES 2 UIDNEXT 3 UIDVALIDITY ${bees})").await;
}

#[tokio::test]
async fn section_5_3_expunged_messages() {
    let deleted = "\\Deleted";
    let scene = Scene::new().await.flagged("INBOX", &["", "", deleted, deleted]).await;
    let scene = scene.flagged("misc", &["", deleted]).await;
    let mut without = scene.selected("INBOX").await;
    let mut with = scene.authenticated().await;
    quietly(&mut with, "ENABLE QRESYNC").await;
    quietly(&mut with, "SELECT INBOX").await;
    let events = "(MessageNew MessageExpunge)";
    for peer in [&mut without, &mut with] {
        quietly(peer, &format!("NOTIFY SET (selected {events}) (personal {events})")).await;
    }
    quietly(&mut scene.selected("INBOX").await, "UID EXPUNGE 3").await;
    without.follow("S: * 3 EXPUNGE").await;
    with.follow("S: * VANISHED 3").await;
    quietly(&mut scene.selected("misc").await, "EXPUNGE").await;
    without.follow_to_the_end("S: * STATUS misc (MESSAGES 1 UIDNEXT 3 UIDVALIDITY ${misc})").await;
    let status = "S: * STATUS misc (MESSAGES 1 UIDNEXT 3 UIDVALIDITY ${misc} HIGHESTMODSEQ ${modseq})";
    with.follow_to_the_end(status).await;
}

/// Created, renamed and deleted; granted and revoked, which also affects the level above that is none to bob.
#[tokio::test]
async fn section_5_4_names() {
    let scene = Scene::new().await;
    let mut peer = watching(&scene, "(personal (MailboxName))").await;
    let mut bob = scene.authenticated_as("bob").await;
    quietly(&mut bob, "NOTIFY SET (subtree \"Other Users/alice\" (MailboxName))").await;
    let mut other = scene.authenticated().await;
    quietly(&mut other, "CREATE NewMailbox").await;
    peer.follow("S: * LIST (\\HasNoChildren) \"/\" NewMailbox").await;
    quietly(&mut other, "SETACL NewMailbox bob l").await;
    bob.follow(
        r#"
        S| * LIST (\HasNoChildren) "/" "Other Users/alice/NewMailbox"
        S| * LIST (\NonExistent \HasChildren) "/" "Other Users/alice"
        "#,
    )
    .await;
    quietly(&mut other, "DELETEACL NewMailbox bob").await;
    let gone = r#"
        S| * LIST (\NonExistent \HasNoChildren \NoAccess) "/" "Other Users/alice/NewMailbox"
        S| * LIST (\NonExistent \HasNoChildren) "/" "Other Users/alice"
    "#;
    bob.follow_to_the_end(gone).await;
    quietly(&mut other, "RENAME NewMailbox OldMailbox").await;
    peer.follow("S: * LIST (\\HasNoChildren) \"/\" OldMailbox (\"OLDNAME\" (NewMailbox))").await;
    quietly(&mut other, "DELETE OldMailbox").await;
    peer.follow_to_the_end("S: * LIST (\\NonExistent \\HasNoChildren) \"/\" OldMailbox").await;
}

#[tokio::test]
async fn section_5_5_subscriptions() {
    let scene = Scene::new().await.flagged("Bees", &[]).await;
    let mut peer = watching(&scene, "(personal (SubscriptionChange))").await;
    let mut other = scene.authenticated().await;
    quietly(&mut other, "SUBSCRIBE Bees").await;
    peer.follow("S: * LIST (\\Subscribed \\HasNoChildren) \"/\" Bees").await;
    quietly(&mut other, "UNSUBSCRIBE Bees").await;
    peer.follow_to_the_end("S: * LIST (\\HasNoChildren) \"/\" Bees").await;
}

/// What all see of the server its users do not set: it is an entry of the user's own that changes here.
#[tokio::test]
async fn sections_5_6_and_5_7_annotations() {
    let scene = Scene::new().await;
    let groups = "(mailboxes INBOX (MailboxMetadataChange)) (personal (ServerMetadataChange))";
    let mut peer = watching(&scene, groups).await;
    let mut other = scene.authenticated().await;
    quietly(&mut other, "SETMETADATA INBOX (/shared/comment \"x\")").await;
    peer.follow("S: * METADATA INBOX /shared/comment").await;
    quietly(&mut other, "SETMETADATA INBOX (/shared/comment NIL)").await;
    peer.follow("S: * METADATA INBOX /shared/comment").await;
    quietly(&mut other, "SETMETADATA \"\" (/private/comment \"x\")").await;
    peer.follow_to_the_end("S: * METADATA \"\" /private/comment").await;
}

/// More happens while a command is half sent than the server keeps for a session.
#[tokio::test]
async fn section_5_8_overflow() {
    let scene = Scene::new().await;
    let mut peer = watching(&scene, "(personal (MailboxName))").await;
    peer.follow("C: a APPEND INBOX {12}\nS: + ...").await;
    let mut other = scene.authenticated().await;
    for number in 0..300 {
        quietly(&mut other, &format!("CREATE box-{number}")).await;
    }
    let transcript = r"
        C: Subject: a
        C:
        S: * OK [NOTIFICATIONOVERFLOW] ...
        S: a OK [APPENDUID ${validity} 1] ...
        ";
    peer.follow(transcript).await;
    quietly(&mut other, "CREATE one-more").await;
    peer.follow_to_the_end("C: b NOOP\nS: b OK ...").await;
}

/// Several groups of one mailbox add up.
#[tokio::test]
async fn section_6_groups_that_overlap() {
    let scene = Scene::new().await;
    let groups = "(mailboxes INBOX (Messagenew messageExpunge)) (personal (SubscriptionChange))";
    let mut peer = watching(&scene, groups).await;
    scene.arrives("INBOX", "", LETTER).await;
    peer.follow("S: * STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY ${validity})").await;
    quietly(&mut scene.authenticated().await, "SUBSCRIBE INBOX").await;
    peer.follow_to_the_end("S: * LIST (\\Subscribed \\HasNoChildren) \"/\" INBOX").await;
}

/// What is said of the selected mailbox goes before what is said of all: its flags are not told.
#[tokio::test]
async fn section_6_selected_overrides() {
    let scene = Scene::new().await.flagged("INBOX", &["", ""]).await.flagged("Bees", &["", ""]).await;
    let mut peer = scene.selected("INBOX").await;
    peer.follow(
        r"
        C: a notify set (selected (Messagenew (uid flags) messageExpunge))
           (personal (MessageNew FlagChange MessageExpunge))
        S: a OK ...
        ",
    )
    .await;
    quietly(&mut scene.selected("INBOX").await, "STORE 1 +FLAGS.SILENT (\\Seen)").await;
    quietly(&mut scene.selected("Bees").await, "STORE 1 +FLAGS.SILENT (\\Seen)").await;
    peer.follow("S: * STATUS Bees (UNSEEN 1 UIDVALIDITY ${bees})").await;
    scene.arrives("INBOX", "\\Flagged", LETTER).await;
    let transcript = "S: * 3 EXISTS\nS: * 1 RECENT\nS: * 3 FETCH (UID 3 FLAGS (\\Flagged \\Recent))";
    peer.follow_to_the_end(transcript).await;
}

/// The responses with their parentheses where the grammar of RFC 4731 has them. A server tells news of
/// the selected mailbox with a command, or in IDLE.
#[tokio::test]
async fn section_7_a_search_that_is_kept_up_to_date() {
    let scene = Scene::new().await.mailbox("INBOX", &[("", LETTER), ("", "From: b@x\n\n")]).await;
    let mut peer = scene.selected("INBOX").await;
    peer.follow(
        r#"
        C: a00 SEARCH RETURN (COUNT UPDATE (UID BODY.PEEK[HEADER.FIELDS (TO FROM SUBJECT)])) FROM "ada"
        S: * ESEARCH (TAG "a00") COUNT 1
        S: a00 OK ...
        "#,
    )
    .await;
    scene.arrives("INBOX", "", LETTER).await;
    let transcript = r#"
        C: a01 NOOP
        S: * 3 EXISTS
        S: * 1 RECENT
        S: * 3 FETCH (UID 3 BODY[HEADER.FIELDS (TO FROM SUBJECT)] {75}
        S: From: ada@observatory.example
        S: To: karl@workshop.example
        S: Subject: dawn
        S:
        S: )
        S: * ESEARCH (TAG "a00") ADDTO (0 3)
        S: a01 OK ...
    "#;
    peer.follow_to_the_end(transcript).await;
}
