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
