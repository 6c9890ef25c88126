//! RFC 6154, section 5: mailboxes with a special use. How uses are given is example 5.3.

use super::{Scene, quietly};
use crate::testing::Peer;

async fn household() -> Peer {
    let scene = Scene::new().await.flagged("Plans/Roof", &[]).await.flagged("Notes", &[]).await;
    let mut peer = scene.authenticated().await;
    for (name, attribute) in [("Posted", "Sent"), ("Sketches", "Drafts"), ("Bin", "Trash")] {
        quietly(&mut peer, &format!("CREATE {name} (USE (\\{attribute}))")).await;
    }
    peer
}

#[tokio::test]
async fn example_5_1_a_plain_list() {
    let transcript = r#"
        C: t1 LIST "" "%"
        S| * LIST (\HasNoChildren) "/" INBOX
        S| * LIST (\HasNoChildren) "/" Notes
        S| * LIST (\HasChildren) "/" Plans
        S| * LIST (\HasNoChildren \Sent) "/" Posted
        S| * LIST (\HasNoChildren \Drafts) "/" Sketches
        S| * LIST (\HasNoChildren \Trash) "/" Bin
        S: t1 OK ...
    "#;
    household().await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn example_5_2_an_extended_list() {
    let transcript = r#"
        C: t2 LIST "" "%" RETURN (SPECIAL-USE)
        S| * LIST (\HasNoChildren) "/" INBOX
        S| * LIST (\HasNoChildren) "/" Notes
        S| * LIST (\HasChildren) "/" Plans
        S| * LIST (\HasNoChildren \Sent) "/" Posted
        S| * LIST (\HasNoChildren \Drafts) "/" Sketches
        S| * LIST (\HasNoChildren \Trash) "/" Bin
        S: t2 OK ...
        C: t3 LIST (SPECIAL-USE) "" "*"
        S| * LIST (\HasNoChildren \Sent) "/" Posted
        S| * LIST (\HasNoChildren \Drafts) "/" Sketches
        S| * LIST (\HasNoChildren \Trash) "/" Bin
        S: t3 OK ...
    "#;
    household().await.follow_to_the_end(transcript).await;
}

/// A use that this server does not offer is refused, and the mailbox is not made.
#[tokio::test]
async fn example_5_3_create() {
    let transcript = r#"
        C: t2 CREATE MySpecial (USE (\Drafts \Sent))
        S: t2 OK [MAILBOXID (${id})] ...
        C: t3 CREATE Everything (USE (\All))
        S: t3 NO [USEATTR] ...
        C: t4 LIST "" "*"
        S| * LIST (\HasNoChildren) "/" INBOX
        S| * LIST (\HasNoChildren \Drafts \Sent) "/" MySpecial
        S: t4 OK ...
    "#;
    Scene::new().await.authenticated().await.follow_to_the_end(transcript).await;
}

/// The uses of a mailbox as an annotation. Where the server of the example takes a use away from the
/// mailbox that had it, this one lets both have it, as CREATE does.
#[tokio::test]
async fn example_5_4_uses_as_annotations() {
    let mut peer = Scene::new().await.flagged("Later", &[]).await.authenticated().await;
    for (name, attribute) in [("Posted", "Sent"), ("Sketches", "Drafts"), ("Bin", "Trash")] {
        quietly(&mut peer, &format!("CREATE {name} (USE (\\{attribute}))")).await;
    }
    let transcript = r#"
        C: t2 GETMETADATA "Sketches" /private/specialuse
        S: * METADATA Sketches (/private/specialuse "\\Drafts")
        S: t2 OK ...
        C: t3 SETMETADATA "Later" (/private/specialuse "\\Drafts")
        S: t3 OK ...
        C: t4 SETMETADATA "Posted" (/private/specialuse NIL)
        S: t4 OK ...
        C: t5 LIST "" "%" RETURN (SPECIAL-USE)
        S| * LIST (\HasNoChildren) "/" INBOX
        S| * LIST (\HasNoChildren) "/" Posted
        S| * LIST (\HasNoChildren \Drafts) "/" Sketches
        S| * LIST (\HasNoChildren \Drafts) "/" Later
        S| * LIST (\HasNoChildren \Trash) "/" Bin
        S: t5 OK ...
    "#;
    peer.follow_to_the_end(transcript).await;
}
