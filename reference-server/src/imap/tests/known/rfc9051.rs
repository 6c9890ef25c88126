//! RFC 9051: the whole connection of section 8, and those examples of section 6 in which an
//! IMAP4rev2 server answers otherwise than one of IMAP4rev1 does.

use super::{Scene, quietly};
use crate::testing::Peer;

const MINUTES: &str = "\
Date: Wed, 14 Feb 2024 09:21:07 +0100
From: Ada Brun <ada@observatory.example>
Subject: Minutes of the mirror committee
To: mirror@observatory.example
cc: Karl Ohm <KOHM@workshop.example>
Message-Id: <minutes-8@observatory.example>

The mirror is mounted.
";

async fn enabled(scene: &Scene) -> Peer {
    let mut peer = scene.authenticated().await;
    peer.follow("C: babc ENABLE IMAP4rev2\nS: * ENABLED IMAP4rev2\nS: babc OK ...").await;
    peer
}

/// With PLAIN under TLS: what SCRAM says is another at each time (known answers to it are in
/// `auth/scram.rs`); LOGINDISABLED is in the example of RFC 3501, section 6.2.1.
#[tokio::test]
async fn section_8_a_connection_as_a_whole() {
    let scene = Scene::new().await.mailbox("INBOX", &[("", "Subject: a\n\n"), ("\\Seen", MINUTES)]).await;
    let mut peer = scene.opened();
    peer.follow(
        r"
        S: * OK [CAPABILITY IMAP4rev1 LITERAL+ STARTTLS AUTH=SCRAM-SHA-256 ${before} IMAP4rev2 ${behind}] ...
        C: a000 starttls
        S: a000 OK ...
        ",
    )
    .await;
    let session = r#"
        C: A001 AUTHENTICATE PLAIN AGFsaWNlAGFsaWNlLXNlY3JldA==
        S: A001 OK [CAPABILITY ${capabilities}] ...
        C: babc ENABLE IMAP4rev2
        S: * ENABLED IMAP4rev2
        S: babc OK ...
        C: a002 select inbox
        S| * LIST (\HasNoChildren) "/" INBOX ("OLDNAME" (inbox))
        S| * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
        S| * 2 EXISTS
        S| * OK [UIDVALIDITY ${validity}] ...
        S| * OK [UIDNEXT 3] ...
        S| * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] ...
        S| * OK [HIGHESTMODSEQ ${modseq}] ...
        S| * OK [MAILBOXID (${id})] ...
        S: a002 OK [READ-WRITE] ...
        C: a003 fetch 2 full
        S: * 2 FETCH (FLAGS (\Seen) INTERNALDATE "14-Feb-2024 09:30:00 +0100" RFC822.SIZE 264 ENVELOPE
           ("Wed, 14 Feb 2024 09:21:07 +0100" "Minutes of the mirror committee"
           (("Ada Brun" NIL "ada" "observatory.example"))
           (("Ada Brun" NIL "ada" "observatory.example"))
           (("Ada Brun" NIL "ada" "observatory.example"))
           ((NIL NIL "mirror" "observatory.example"))
           (("Karl Ohm" NIL "KOHM" "workshop.example"))
           NIL NIL "<minutes-8@observatory.example>")
           BODY ("text" "plain" ("charset" "us-ascii") NIL NIL "7BIT" 24 1))
        S: a003 OK ...
        C: a004 fetch 2 body[header]
        S: * 2 FETCH (BODY[HEADER] {240}
        S: Date: Wed, 14 Feb 2024 09:21:07 +0100
        S: From: Ada Brun <ada@observatory.example>
        S: Subject: Minutes of the mirror committee
        S: To: mirror@observatory.example
        S: cc: Karl Ohm <KOHM@workshop.example>
        S: Message-Id: <minutes-8@observatory.example>
        S:
        S: )
        S: a004 OK ...
        C: a005 store 2 +flags \deleted
        S: * 2 FETCH (UID 2 FLAGS (\Seen \Deleted))
        S: a005 OK ...
        C: a006 logout
        S: * BYE ...
        S: a006 OK ...
        S: the connection is closed
    "#;
    peer.start_tls(&scene.identity).await.follow_to_the_end(session).await;
}

/// The name stands in SELECT, and nothing is said of recent or unseen messages.
#[tokio::test]
async fn section_6_3_2_select() {
    let scene = Scene::new().await.flagged("INBOX", &["", "\\Seen"]).await.flagged("Drafts", &[""]).await;
    let transcript = r#"
        C: A142 SELECT INBOX
        S| * 2 EXISTS
        S| * OK [UIDVALIDITY ${validity}] ...
        S| * OK [UIDNEXT 3] ...
        S| * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
        S| * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] ...
        S| * LIST (\HasNoChildren) "/" INBOX
        S| * OK [HIGHESTMODSEQ ${modseq}] ...
        S| * OK [MAILBOXID (${id})] ...
        S: A142 OK [READ-WRITE] ...
        C: A143 SELECT Drafts
        S: * OK [CLOSED] ...
        S| * 1 EXISTS
        S| * OK [UIDVALIDITY ${others}] ...
        S| * OK [UIDNEXT 2] ...
        S| * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
        S| * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] ...
        S| * LIST (\HasNoChildren) "/" Drafts
        S| * OK [HIGHESTMODSEQ ${others-modseq}] ...
        S| * OK [MAILBOXID (${others-id})] ...
        S: A143 OK [READ-WRITE] ...
        C: A144 FETCH 1 FLAGS
        S: * 1 FETCH (FLAGS ())
        S: A144 OK ...
    "#;
    enabled(&scene).await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_6_3_3_examine() {
    let scene = Scene::new().await.flagged("plans", &["", ""]).await;
    let transcript = r#"
        C: A932 EXAMINE plans
        S| * 2 EXISTS
        S| * OK [UIDVALIDITY ${validity}] ...
        S| * OK [UIDNEXT 3] ...
        S| * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
        S| * OK [PERMANENTFLAGS ()] ...
        S| * LIST (\HasNoChildren) "/" plans
        S| * OK [HIGHESTMODSEQ ${modseq}] ...
        S| * OK [MAILBOXID (${id})] ...
        S: A932 OK [READ-ONLY] ...
    "#;
    enabled(&scene).await.follow_to_the_end(transcript).await;
}

/// A name in another form than the server keeps is told with the one that it keeps.
#[tokio::test]
async fn section_6_3_4_create() {
    let transcript = "
        C: A003 CREATE herbarium/
        S: A003 OK [MAILBOXID (${herbarium})] ...
        C: A004 CREATE herbarium/ferns
        S: A004 OK [MAILBOXID (${ferns})] ...
        C: A005 CREATE \"e\u{301}t\u{e9}\"
        S: * LIST (\\HasNoChildren) \"/\" \"\u{e9}t\u{e9}\" (\"OLDNAME\" (\"e\u{301}t\u{e9}\"))
        S: A005 OK [MAILBOXID (${summer})] ...
        ";
    enabled(&Scene::new().await).await.follow_to_the_end(transcript).await;
}

/// The subscription stays with the old name until it is moved.
#[tokio::test]
async fn section_6_3_6_subscriptions_behind_a_rename() {
    let scene = Scene::new().await.flagged("X", &[]).await;
    let mut peer = enabled(&scene).await;
    quietly(&mut peer, "SUBSCRIBE X").await;
    let transcript = r#"
        C: 1001 RENAME X Y
        S: 1001 OK ...
        C: 1002 SUBSCRIBE Y
        S: 1002 OK ...
        C: 1003 UNSUBSCRIBE X
        S: 1003 OK ...
        C: 1004 LIST (SUBSCRIBED) "" "*"
        S: * LIST (\Subscribed \HasNoChildren) "/" Y
        S: 1004 OK ...
    "#;
    peer.follow_to_the_end(transcript).await;
}

/// Nothing is said of recent messages. What happened before IDLE began is told behind the `+` here, where
/// the example has it before.
#[tokio::test]
async fn section_6_3_13_idle() {
    let scene = Scene::new().await.flagged("INBOX", &["", "", "\\Deleted"]).await;
    let mut peer = enabled(&scene).await;
    quietly(&mut peer, "SELECT INBOX").await;
    peer.follow("C: A002 IDLE\nS: + ...").await;
    scene.arrives("INBOX", "", "Subject: new\n\n").await;
    peer.follow("S: * 4 EXISTS\nC: DONE\nS: A002 OK ...").await;
    quietly(&mut scene.selected("INBOX").await, "EXPUNGE").await;
    peer.follow(
        r"
        C: A003 FETCH 4 (FLAGS UID)
        S: * 4 FETCH (FLAGS () UID 4)
        S: A003 OK ...
        C: A004 IDLE
        S: + ...
        S: * 3 EXPUNGE
        ",
    )
    .await;
    scene.arrives("INBOX", "", "Subject: newer\n\n").await;
    let transcript = r"
        S: * 4 EXISTS
        C: DONE
        S: A004 OK ...
        C: A005 FETCH 4 (UID)
        S: * 4 FETCH (UID 5)
        S: A005 OK ...
        C: A006 IDLE
        S: + ...
        ";
    peer.follow_to_the_end(transcript).await;
}

/// Saved results, where the answer is another than that of IMAP4rev1.
#[tokio::test]
async fn section_6_4_4_4_a_result_within_a_search() {
    let mother = "Subject: a\n\n\u{43c}\u{430}\u{442}\u{44c}\n";
    let messages = [("", "Subject: a\n\n"), ("\\Flagged", mother), ("", mother)];
    let scene = Scene::new().await.mailbox("INBOX", &messages).await;
    let mut peer = enabled(&scene).await;
    quietly(&mut peer, "SELECT INBOX").await;
    let transcript = "
        C: A300 SEARCH RETURN (SAVE) SINCE 1-Jan-2024 NOT FLAGGED
        S: A300 OK ...
        C: A301 UID SEARCH UID $ SMALLER 4096
        S: * ESEARCH (TAG \"A301\") UID ALL 1,3
        S: A301 OK ...
        C: P283 SEARCH CHARSET UTF-8 (OR $ 2) TEXT {8+}
        C: \u{43c}\u{430}\u{442}\u{44c}
        S: * ESEARCH (TAG \"P283\") ALL 2:3
        S: P283 OK ...
        ";
    peer.follow_to_the_end(transcript).await;
}

/// A search is always answered by ESEARCH.
#[tokio::test]
async fn section_6_4_4_search() {
    let (smith, other) = ("From: Smith <s@a.example>\n\n", "From: b@a.example\n\n");
    let messages = [("\\Flagged", smith), ("\\Flagged", other), ("", other), ("\\Flagged", other)];
    let scene = Scene::new().await.mailbox("INBOX", &messages).await;
    let mut peer = enabled(&scene).await;
    quietly(&mut peer, "SELECT INBOX").await;
    let transcript = r#"
        C: A282 SEARCH RETURN (MIN COUNT) FLAGGED SINCE 1-Feb-2024 NOT FROM "Smith"
        S: * ESEARCH (TAG "A282") MIN 2 COUNT 2
        S: A282 OK ...
        C: A283 SEARCH RETURN () FLAGGED SINCE 1-Feb-2024 NOT FROM "Smith"
        S: * ESEARCH (TAG "A283") ALL 2,4
        S: A283 OK ...
        C: A285 SEARCH FLAGGED
        S: * ESEARCH (TAG "A285") ALL 1:2,4
        S: A285 OK ...
        C: A286 SEARCH TEXT "string not in mailbox"
        S: * ESEARCH (TAG "A286")
        S: A286 OK ...
        C: A287 SEARCH CHARSET UTF-8 TEXT {12}
        S: + ...
        C: \xd0\xbe\xd1\x82\xd0\xbf\xd1\x83\xd1\x81\xd0\xba
        S: * ESEARCH (TAG "A287")
        S: A287 OK ...
    "#;
    peer.follow_to_the_end(transcript).await;
}

/// EXPUNGE needs no extension to be told by UID in its command, nor CREATE, COPY and MOVE theirs.
#[tokio::test]
async fn section_6_4_9_uid_expunge_and_6_4_8_move() {
    let scene = Scene::new().await.flagged("INBOX", &["", "\\Deleted", "\\Deleted", ""]).await;
    let scene = scene.flagged("foo", &[]).await;
    let mut peer = enabled(&scene).await;
    quietly(&mut peer, "SELECT INBOX").await;
    let transcript = r"
        C: A003 UID EXPUNGE 1:2
        S: * 2 EXPUNGE
        S: A003 OK ...
        C: a UID MOVE 3:4 foo
        S: * OK [COPYUID ${validity} 3:4 1:2] ...
        S: * 2 EXPUNGE
        S: * 2 EXPUNGE
        S: a OK ...
        ";
    peer.follow_to_the_end(transcript).await;
}
