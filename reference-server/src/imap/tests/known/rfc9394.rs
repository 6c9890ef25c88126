//! RFC 9394, section 3: PARTIAL, of searches and of FETCH.

use super::{Scene, quietly};

#[tokio::test]
async fn section_3_1_of_a_search() {
    let scene = Scene::new().await.flagged("INBOX", &["", "$Junk", "", "", "\\Deleted", ""]).await;
    let transcript = r#"
        C: A01 UID SEARCH RETURN (PARTIAL -1:-3) UNDELETED UNKEYWORD $Junk
        S: * ESEARCH (TAG "A01") UID PARTIAL (-1:-3 3:4,6)
        S: A01 OK ...
        C: A02 UID SEARCH RETURN (PARTIAL 3:6) UNDELETED UNKEYWORD $Junk
        C: A03 UID SEARCH RETURN (PARTIAL 1:2) UNDELETED UNKEYWORD $Junk
        C: A04 UID SEARCH RETURN (PARTIAL 6:9) UNDELETED UNKEYWORD $Junk
        S: * ESEARCH (TAG "A02") UID PARTIAL (3:6 4,6)
        S: A02 OK ...
        S: * ESEARCH (TAG "A03") UID PARTIAL (1:2 1,3)
        S: A03 OK ...
        S: * ESEARCH (TAG "A04") UID PARTIAL (6:9 NIL)
        S: A04 OK ...
    "#;
    scene.selected("INBOX").await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_3_3_of_uid_fetch() {
    let flags = ["", "\\Seen", "\\Deleted", "\\Flagged", "\\Answered \\Flagged", ""];
    let scene = Scene::new().await.flagged("INBOX", &flags).await;
    let mut peer = scene.selected("INBOX").await;
    quietly(&mut peer, "EXPUNGE").await;
    let transcript = r"
        C: 10 UID FETCH 2:99 (UID FLAGS) (PARTIAL -1:-3)
        S: * 3 FETCH (UID 4 FLAGS (\Flagged))
        S: * 4 FETCH (UID 5 FLAGS (\Flagged \Answered))
        S: * 5 FETCH (UID 6 FLAGS ())
        S: 10 OK ...
        C: 11 UID FETCH 2:99 (UID FLAGS) (PARTIAL 1:2)
        S: * 2 FETCH (UID 2 FLAGS (\Seen))
        S: * 3 FETCH (UID 4 FLAGS (\Flagged))
        S: 11 OK ...
        ";
    peer.follow_to_the_end(transcript).await;
}

/// First the part, then of that what changed.
#[tokio::test]
async fn section_3_4_with_condstore() {
    let scene = Scene::new().await.flagged("INBOX", &["", "", "", ""]).await;
    let mut peer = scene.selected("INBOX").await;
    peer.follow(
        "C: 1 STATUS INBOX (HIGHESTMODSEQ)\nS: * OK [HIGHESTMODSEQ ${before}] ...\nS: * STATUS INBOX (HIGHESTMODSEQ ${before})\nS: 1 OK ...",
    )
    .await;
    for message in [1, 3] {
        quietly(&mut peer, &format!("STORE {message} +FLAGS.SILENT (\\Answered)")).await;
    }
    let transcript = r"
        C: 101 UID FETCH 1:99 (UID FLAGS) (PARTIAL -1:-3 CHANGEDSINCE ${before})
        S: * 3 FETCH (UID 3 FLAGS (\Answered) MODSEQ (${modseq}))
        S: 101 OK ...
        ";
    peer.follow_to_the_end(transcript).await;
}
