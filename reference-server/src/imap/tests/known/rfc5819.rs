//! RFC 5819, section 3: STATUS of what LIST tells.

use super::{Scene, quietly};

/// `bar` is there for what is below it and cannot be selected, so it has no status.
#[tokio::test]
async fn section_3_status_of_each() {
    let scene = Scene::new().await.flagged("INBOX", &["\\Seen", "", ""]).await;
    let scene = scene.flagged("foo", &["\\Seen", ""]).await.flagged("bar/below", &[]).await;
    let mut peer = scene.authenticated().await;
    quietly(&mut peer, "DELETE bar").await;
    let transcript = r#"
        C: A01 LIST "" % RETURN (STATUS (MESSAGES UNSEEN))
        S| * LIST (\HasNoChildren) "/" INBOX
        S| * STATUS INBOX (MESSAGES 3 UNSEEN 2)
        S| * LIST (\HasNoChildren) "/" foo
        S| * STATUS foo (MESSAGES 2 UNSEEN 1)
        S| * LIST (\Noselect \HasChildren) "/" bar
        S: A01 OK ...
    "#;
    peer.follow_to_the_end(transcript).await;
}

/// `foo` is told for what is below it, and has no status for that.
#[tokio::test]
async fn section_3_only_what_was_looked_for_has_a_status() {
    let scene = Scene::new().await.flagged("INBOX", &["", ""]).await.flagged("foo/below", &[""]).await;
    let mut peer = scene.authenticated().await;
    quietly(&mut peer, "SUBSCRIBE INBOX").await;
    quietly(&mut peer, "SUBSCRIBE foo/below").await;
    let transcript = r#"
        C: A02 LIST (SUBSCRIBED RECURSIVEMATCH) "" % RETURN (STATUS (MESSAGES))
        S| * LIST (\HasNoChildren \Subscribed) "/" INBOX
        S| * STATUS INBOX (MESSAGES 2)
        S| * LIST (\HasChildren) "/" foo ("CHILDINFO" ("SUBSCRIBED"))
        S: A02 OK ...
    "#;
    peer.follow_to_the_end(transcript).await;
}
