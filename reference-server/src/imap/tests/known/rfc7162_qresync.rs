//! RFC 7162, sections 3.2 and 6: QRESYNC. A server may tell flags of messages that the example
//! leaves out; those here have no others.

use super::{Scene, quietly};
use crate::testing::Peer;

/// Seven messages, of which a client knows everything up to `${known}`. Then another client
/// expunges 2, 3 and 5 and marks the last as seen.
async fn missed() -> (Scene, Peer) {
    let scene = Scene::new().await.flagged("INBOX", &["", "", "", "", "", "", ""]).await;
    let mut peer = scene.authenticated().await;
    let transcript = r"
        C: a ENABLE QRESYNC
        S: * ENABLED QRESYNC
        S: a OK ...
        C: b STATUS INBOX (UIDVALIDITY HIGHESTMODSEQ)
        S: * STATUS INBOX (UIDVALIDITY ${validity} HIGHESTMODSEQ ${known})
        S: b OK ...
        ";
    peer.follow(transcript).await;
    let mut other = scene.selected("INBOX").await;
    quietly(&mut other, "STORE 2:3,5 +FLAGS.SILENT (\\Deleted)").await;
    quietly(&mut other, "EXPUNGE").await;
    quietly(&mut other, "STORE 4 +FLAGS.SILENT (\\Seen)").await;
    (scene, peer)
}

const SELECTED: &str = r"
        S| * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
        S| * 4 EXISTS
        S| * 0 RECENT
        S| * OK [UNSEEN 1] ...
        S| * OK [UIDVALIDITY ${validity}] ...
        S| * OK [UIDNEXT 8] ...
        S| * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] ...
        S| * OK [HIGHESTMODSEQ ${highest}] ...
        S| * OK [MAILBOXID (${id})] ...
        ";

/// With another UIDVALIDITY it is an ordinary SELECT.
#[tokio::test]
async fn section_3_2_5_the_mailbox_is_another_one() {
    let (_scene, mut peer) = missed().await;
    peer.follow("C: A02 SELECT INBOX (QRESYNC (4294967295 ${known} 1:5))").await;
    peer.follow(SELECTED).await;
    peer.follow("S: A02 OK [READ-WRITE] ...").await;
    peer.ends().await;
}

/// Also the example of section 6.
#[tokio::test]
async fn section_3_2_5_1_what_was_missed_comes_with_select() {
    let (_scene, mut peer) = missed().await;
    peer.follow("C: A03 SELECT INBOX (QRESYNC (${validity} ${known} 1:7))").await;
    peer.follow(SELECTED).await;
    let transcript = r"
        S: * VANISHED (EARLIER) 2:3,5
        S: * 4 FETCH (UID 7 FLAGS (\Seen) MODSEQ (${modseq}))
        S: A03 OK [READ-WRITE] ...
        ";
    peer.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_3_2_5_1_a_selected_mailbox_is_closed_first() {
    let (scene, mut peer) = missed().await;
    let scene = scene.flagged("other", &[]).await;
    quietly(&mut peer, "SELECT other").await;
    peer.follow("C: A03 SELECT INBOX (QRESYNC (${validity} ${known} 1:4))\nS: * OK [CLOSED] ...").await;
    peer.follow(SELECTED).await;
    peer.follow_to_the_end("S: * VANISHED (EARLIER) 2:3\nS: A03 OK [READ-WRITE] ...").await;
    drop(scene);
}

/// What the client knows of numbers and UIDs only makes the answer shorter, if the server likes.
#[tokio::test]
async fn section_3_2_5_2_with_numbers_and_uids_that_match() {
    let (_scene, mut peer) = missed().await;
    peer.follow("C: B04 SELECT INBOX (QRESYNC (${validity} ${known} 1:7 (1,4,7 1,4,7)))").await;
    peer.follow(SELECTED).await;
    let transcript = r"
        S: * VANISHED (EARLIER) 2:3,5
        S: * 4 FETCH (UID 7 FLAGS (\Seen) MODSEQ (${modseq}))
        S: B04 OK [READ-WRITE] ...
        ";
    peer.follow_to_the_end(transcript).await;
}

/// Without VANISHED a second command is needed; with it, one is enough.
#[tokio::test]
async fn section_3_2_6_uid_fetch() {
    let (_scene, mut peer) = missed().await;
    quietly(&mut peer, "SELECT INBOX").await;
    let transcript = r"
        C: s100 UID FETCH 1:7 (FLAGS) (CHANGEDSINCE ${known})
        S: * 4 FETCH (UID 7 FLAGS (\Seen) MODSEQ (${modseq}))
        S: s100 OK ...
        C: s101 UID SEARCH UID 1:7
        S: * SEARCH 1 4 6 7
        S: s101 OK ...
        C: s102 UID FETCH 1:7 (FLAGS) (CHANGEDSINCE ${known} VANISHED)
        S: * VANISHED (EARLIER) 2:3,5
        S: * 4 FETCH (UID 7 FLAGS (\Seen) MODSEQ (${modseq}))
        S: s102 OK ...
        ";
    peer.follow_to_the_end(transcript).await;
}

/// Sections 3.2.7 and 3.2.10.2: numbers for a client without QRESYNC, UIDs for one with it. Only the
/// latter must be told the highest sequence, and at CLOSE nobody may.
#[tokio::test]
async fn section_3_2_7_expunge() {
    let mut flags = [""; 11];
    for number in [3, 4, 7, 11] {
        flags[number - 1] = "\\Deleted";
    }
    let scene = Scene::new().await.flagged("INBOX", &flags).await;
    let mut with = scene.authenticated().await;
    quietly(&mut with, "ENABLE QRESYNC").await;
    quietly(&mut with, "SELECT INBOX").await;
    let mut condstore = scene.selected("INBOX").await;
    quietly(&mut condstore, "ENABLE CONDSTORE").await;
    let transcript = r"
        C: A202 EXPUNGE
        S: * 3 EXPUNGE
        S: * 3 EXPUNGE
        S: * 5 EXPUNGE
        S: * 8 EXPUNGE
        S: A202 OK ...
        ";
    condstore.follow_to_the_end(transcript).await;
    let transcript = r"
        C: B202 NOOP
        S: * VANISHED 3:4,7,11
        S: B202 OK ...
        C: B203 STORE 1,4 +FLAGS.SILENT (\Deleted)
        S: * 1 FETCH (UID 1 MODSEQ (${new}))
        S: * 4 FETCH (UID 6 MODSEQ (${new}))
        S: B203 OK ...
        C: A210 EXPUNGE
        S: * VANISHED 1,6
        S: A210 OK [HIGHESTMODSEQ ${newer}] ...
        ";
    with.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_3_2_8_and_3_2_9_close_and_uid_expunge() {
    let deleted = "\\Deleted";
    let scene = Scene::new().await.flagged("INBOX", &["", deleted, deleted, deleted]).await;
    let mut peer = scene.selected("INBOX").await;
    quietly(&mut peer, "ENABLE CONDSTORE").await;
    let transcript = r"
        C: . UID EXPUNGE 2:3
        S: * 2 EXPUNGE
        S: * 2 EXPUNGE
        S: . OK ...
        C: A202 CLOSE
        S: A202 OK ...
        ";
    peer.follow_to_the_end(transcript).await;
}

/// Section 6: as long as VANISHED is held back, HIGHESTMODSEQ tells how far the client knows everything.
#[tokio::test]
async fn section_6_vanished_is_delayed() {
    let scene = Scene::new().await.flagged("INBOX", &["", "", "", "\\Deleted"]).await;
    let mut peer = scene.authenticated().await;
    quietly(&mut peer, "ENABLE QRESYNC").await;
    quietly(&mut peer, "SELECT INBOX").await;
    let status = "S: * STATUS INBOX (HIGHESTMODSEQ ${known})\nS: a OK ...";
    peer.follow(&format!("C: a STATUS INBOX (HIGHESTMODSEQ)\n{status}")).await;
    quietly(&mut scene.selected("INBOX").await, "EXPUNGE").await;
    let transcript = r"
        C: A150 STORE 1:2 (UNCHANGEDSINCE ${known}) +FLAGS.SILENT \Seen
        S: * 1 FETCH (UID 1 MODSEQ (${new}))
        S: * 2 FETCH (UID 2 MODSEQ (${new}))
        S: * OK [HIGHESTMODSEQ ${known}] ...
        S: A150 OK ...
        C: A151 STORE 3 +FLAGS.SILENT \Seen
        S: * 3 FETCH (UID 3 MODSEQ (${newer}))
        S: * OK [HIGHESTMODSEQ ${known}] ...
        S: A151 OK ...
        C: A152 NOOP
        S: * VANISHED 4
        S: A152 OK ...
        ";
    peer.follow_to_the_end(transcript).await;
}
