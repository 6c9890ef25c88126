//! RFC 3691, section 2: UNSELECT.

use super::Scene;

/// What is marked stays.
#[tokio::test]
async fn section_2_unselect() {
    let scene = Scene::new().await.flagged("INBOX", &["\\Deleted"]).await;
    let transcript = r"
        C: A341 UNSELECT
        S: A341 OK ...
        C: A342 STATUS INBOX (MESSAGES)
        S: * STATUS INBOX (MESSAGES 1)
        S: A342 OK ...
        ";
    scene.selected("INBOX").await.follow_to_the_end(transcript).await;
}
