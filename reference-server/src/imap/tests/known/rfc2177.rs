//! RFC 2177, section 3: IDLE. A server may also tell the flags that others changed.

use super::{Scene, quietly};

/// The example goes on until the second message of three is gone, and the third.
#[tokio::test]
async fn section_3_idle() {
    let scene = Scene::new().await.flagged("INBOX", &["", "", ""]).await;
    let mut peer = scene.authenticated().await;
    peer.follow(
        r"
        C: A001 SELECT INBOX
        S| * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
        S| * 3 EXISTS
        S| * 0 RECENT
        S| * OK [UNSEEN 1] ...
        S| * OK [UIDVALIDITY ${validity}] ...
        S| * OK [UIDNEXT 4] ...
        S| * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] ...
        S| * OK [HIGHESTMODSEQ ${modseq}] ...
        S| * OK [MAILBOXID (${id})] ...
        S: A001 OK [READ-WRITE] ...
        C: A002 IDLE
        S: + ...
        ",
    )
    .await;
    scene.arrives("INBOX", "", "Subject: new\n\n").await;
    peer.follow(
        r"
        S: * 4 EXISTS
        S: * 1 RECENT
        C: DONE
        S: A002 OK ...
        ",
    )
    .await;
    let mut other = scene.selected("INBOX").await;
    quietly(&mut other, "STORE 2 +FLAGS.SILENT (\\Deleted)").await;
    quietly(&mut other, "EXPUNGE").await;
    peer.follow(
        r"
        C: A003 FETCH 4 (FLAGS UID)
        S: * 4 FETCH (FLAGS (\Recent) UID 4)
        S: A003 OK ...
        C: A004 IDLE
        S: + ...
        S: * 2 EXPUNGE
        ",
    )
    .await;
    quietly(&mut other, "STORE 2 +FLAGS.SILENT (\\Deleted)").await;
    peer.follow("S: * 2 FETCH (FLAGS (\\Deleted))").await;
    quietly(&mut other, "EXPUNGE").await;
    peer.follow("S: * 2 EXPUNGE").await;
    scene.arrives("INBOX", "", "Subject: newer\n\n").await;
    let transcript = r"
        S: * 3 EXISTS
        S: * ${recent} RECENT
        C: DONE
        S: A004 OK ...
        C: A005 FETCH 3 (UID)
        S: * 3 FETCH (UID 5)
        S: A005 OK ...
        C: A006 IDLE
        S: + ...
        ";
    peer.follow_to_the_end(transcript).await;
}
