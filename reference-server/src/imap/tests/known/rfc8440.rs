//! RFC 8440, section 4: the user's rights beside what LIST tells. Bob looks at what alice lets him see;
//! rights are written as RFC 4314 has them, with the obsolete letters behind.

use super::{Scene, quietly};

/// `bar` is told for what is below it, and no mailbox to bob: it has no rights.
#[tokio::test]
async fn section_4_rights_of_each() {
    let scene = Scene::new().await.flagged("foo", &[]).await.flagged("bar/below", &[]).await;
    let mut alice = scene.authenticated().await;
    quietly(&mut alice, "SETACL foo bob lrs").await;
    quietly(&mut alice, "SETACL bar/below bob lrs").await;
    let transcript = r#"
        C: A01 LIST "" (INBOX "Other Users/alice/%") RETURN (MYRIGHTS)
        S: * LIST (\HasNoChildren) "/" INBOX
        S: * MYRIGHTS INBOX lrswipkxteacd
        S: * LIST (\Noselect \HasChildren) "/" "Other Users/alice/bar"
        S: * LIST (\HasNoChildren) "/" "Other Users/alice/foo"
        S: * MYRIGHTS "Other Users/alice/foo" lrs
        S: A01 OK ...
    "#;
    scene.authenticated_as("bob").await.follow_to_the_end(transcript).await;
}

/// `foo` is told for what is below it, and its rights are not for that.
#[tokio::test]
async fn section_4_only_what_was_looked_for_has_rights() {
    let mut peer = Scene::new().await.flagged("foo/below", &[]).await.authenticated().await;
    quietly(&mut peer, "SUBSCRIBE INBOX").await;
    quietly(&mut peer, "SUBSCRIBE foo/below").await;
    let transcript = r#"
        C: A02 LIST (SUBSCRIBED RECURSIVEMATCH) "" % RETURN (MYRIGHTS)
        S: * LIST (\HasNoChildren \Subscribed) "/" INBOX
        S: * MYRIGHTS INBOX lrswipkxteacd
        S: * LIST (\HasChildren) "/" foo ("CHILDINFO" ("SUBSCRIBED"))
        S: A02 OK ...
    "#;
    peer.follow_to_the_end(transcript).await;
}
