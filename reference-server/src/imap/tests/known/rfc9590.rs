//! RFC 9590, section 4: annotations beside what LIST tells.

use super::{Scene, quietly};

const COLOR: &str = "SETMETADATA INBOX (/shared/vendor/mailspec/color \"#b71c1c\")";

/// `foo` has no color; `bar` is there for what is below it, and no mailbox to bob.
#[tokio::test]
async fn section_4_annotations_of_each() {
    let scene = Scene::new().await.flagged("foo", &[]).await.flagged("bar/below", &[]).await;
    let mut alice = scene.authenticated().await;
    quietly(&mut alice, "SETACL foo bob lr").await;
    quietly(&mut alice, "SETACL bar/below bob lr").await;
    let mut bob = scene.authenticated_as("bob").await;
    quietly(&mut bob, COLOR).await;
    let transcript = r##"
        C: A00 CAPABILITY
        S: * CAPABILITY IMAP4rev1 ${before} LIST-EXTENDED LIST-METADATA ${between} METADATA ${behind}
        S: A00 OK ...
        C: A01 LIST "" (INBOX "Other Users/alice/%") RETURN (METADATA ("/shared/vendor/mailspec/color"))
        S: * LIST (\HasNoChildren) "/" INBOX
        S: * METADATA INBOX (/shared/vendor/mailspec/color "#b71c1c")
        S: * LIST (\Noselect \HasChildren) "/" "Other Users/alice/bar"
        S: * LIST (\HasNoChildren) "/" "Other Users/alice/foo"
        S: * METADATA "Other Users/alice/foo" (/shared/vendor/mailspec/color NIL)
        S: A01 OK ...
    "##;
    bob.follow_to_the_end(transcript).await;
}

/// `foo` is told for what is below it, and its annotations are not for that.
#[tokio::test]
async fn section_4_only_what_was_looked_for_has_annotations() {
    let mut peer = Scene::new().await.flagged("foo/below", &[]).await.authenticated().await;
    for command in [COLOR, "SUBSCRIBE INBOX", "SUBSCRIBE foo/below"] {
        quietly(&mut peer, command).await;
    }
    let transcript = r##"
        C: A02 LIST (SUBSCRIBED RECURSIVEMATCH) "" % RETURN (METADATA (/shared/vendor/mailspec/color))
        S: * LIST (\HasNoChildren \Subscribed) "/" INBOX
        S: * METADATA INBOX (/shared/vendor/mailspec/color "#b71c1c")
        S: * LIST (\HasChildren) "/" foo ("CHILDINFO" ("SUBSCRIBED"))
        S: A02 OK ...
    "##;
    peer.follow_to_the_end(transcript).await;
}
