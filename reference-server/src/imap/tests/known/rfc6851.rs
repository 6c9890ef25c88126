//! RFC 6851, section 3.3: MOVE.

use super::Scene;

#[tokio::test]
async fn section_3_3_uid_move() {
    let scene =
        Scene::new().await.flagged("INBOX", &["", "\\Seen", "", ""]).await.flagged("foo", &[""]).await;
    let transcript = r"
        C: a UID MOVE 2:3 foo
        S: * OK [COPYUID ${validity} 2:3 2:3] ...
        S: * 2 EXPUNGE
        S: * 2 EXPUNGE
        S: a OK [HIGHESTMODSEQ ${modseq}] ...
        C: b STATUS foo (MESSAGES UNSEEN)
        S: * STATUS foo (MESSAGES 3 UNSEEN 2)
        S: b OK ...
        ";
    scene.selected("INBOX").await.follow_to_the_end(transcript).await;
}
