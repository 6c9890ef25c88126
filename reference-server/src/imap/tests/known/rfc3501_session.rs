//! RFC 3501, section 8: a connection from its greeting to its end.

use super::Scene;

const MINUTES: &str = "\
Date: Wed, 14 Feb 2024 09:21:07 +0100
From: Ada Brun <ada@observatory.example>
Subject: Minutes of the mirror committee
To: mirror@observatory.example
cc: archive@observatory.example, Karl Ohm <KOHM@workshop.example>
Message-Id: <minutes-7@observatory.example>
MIME-Version: 1.0
Content-Type: TEXT/PLAIN; CHARSET=US-ASCII

The mirror is silvered.
It will be mounted on Friday.
";

#[tokio::test]
async fn a_connection_as_a_whole() {
    let scene =
        Scene::new().await.mailbox("INBOX", &[("\\Seen", "Subject: a\n\n"), ("\\Seen", MINUTES)]).await;
    scene.arrives("INBOX", "\\Seen", "Subject: b\n\n").await;
    scene.arrives("INBOX", "", "Subject: c\n\n").await;
    let session = r#"
        S: * OK [CAPABILITY IMAP4rev1 ${capabilities}] ...
        C: a001 login alice alice-secret
        S: a001 OK [CAPABILITY IMAP4rev1 ${more}] ...
        C: a002 select inbox
        S| * 4 EXISTS
        S| * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
        S| * 2 RECENT
        S| * OK [UNSEEN 4] ...
        S| * OK [UIDVALIDITY ${validity}] ...
        S| * OK [UIDNEXT 5] ...
        S| * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] ...
        S| * OK [HIGHESTMODSEQ ${modseq}] ...
        S| * OK [MAILBOXID (${id})] ...
        S: a002 OK [READ-WRITE] ...
        C: a003 fetch 2 full
        S: * 2 FETCH (FLAGS (\Seen) INTERNALDATE "14-Feb-2024 09:30:00 +0100"
           RFC822.SIZE 388 ENVELOPE ("Wed, 14 Feb 2024 09:21:07 +0100"
           "Minutes of the mirror committee"
           (("Ada Brun" NIL "ada" "observatory.example"))
           (("Ada Brun" NIL "ada" "observatory.example"))
           (("Ada Brun" NIL "ada" "observatory.example"))
           ((NIL NIL "mirror" "observatory.example"))
           ((NIL NIL "archive" "observatory.example")("Karl Ohm" NIL "KOHM" "workshop.example"))
           NIL NIL "<minutes-7@observatory.example>")
           BODY ("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 56 2))
        S: a003 OK ...
        C: a004 fetch 2 body[header]
        S: * 2 FETCH (BODY[HEADER] {332}
        S: Date: Wed, 14 Feb 2024 09:21:07 +0100
        S: From: Ada Brun <ada@observatory.example>
        S: Subject: Minutes of the mirror committee
        S: To: mirror@observatory.example
        S: cc: archive@observatory.example, Karl Ohm <KOHM@workshop.example>
        S: Message-Id: <minutes-7@observatory.example>
        S: MIME-Version: 1.0
        S: Content-Type: TEXT/PLAIN; CHARSET=US-ASCII
        S:
        S: )
        S: a004 OK ...
        C: a005 store 2 +flags \deleted
        S: * 2 FETCH (FLAGS (\Seen \Deleted))
        S: a005 OK ...
        C: a006 logout
        S: * BYE ...
        S: a006 OK ...
    "#;
    scene.opened().follow_to_the_end(session).await;
}
