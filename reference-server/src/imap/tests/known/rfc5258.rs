//! RFC 5258, section 5: extended LIST. The names are those of a garden of our own; that all of it
//! is told of children (`\HasChildren` and its opposite) is what a server may do unasked, and there
//! are no mailboxes on other servers.

use super::{Scene, quietly};
use crate::testing::Peer;

/// These mailboxes, with those above them, and these subscribed, of which `gone` is there no more.
async fn garden(mailboxes: &[&str], subscribed: &[&str], gone: &[&str]) -> Peer {
    let mut peer = Scene::new().await.authenticated().await;
    for name in mailboxes.iter().chain(gone) {
        quietly(&mut peer, &format!("CREATE {name}")).await;
    }
    for name in subscribed.iter().chain(gone) {
        quietly(&mut peer, &format!("SUBSCRIBE {name}")).await;
    }
    for name in gone {
        quietly(&mut peer, &format!("DELETE {name}")).await;
    }
    peer
}

const BEDS: &[&str] = &["Herb/Dill", "Herb/Mint", "Shed", "Tree/Elm", "Tree/Oak"];

#[tokio::test]
async fn examples_1_to_6_the_beds() {
    let peer = garden(BEDS, &["INBOX", "Herb/Mint", "Tree", "Tree/Elm"], &["Herb/Rue"]).await;
    let transcript = r#"
        C: A01 LIST "" "*"
        S| * LIST (\HasNoChildren) "/" INBOX
        S| * LIST (\HasChildren) "/" Herb
        S| * LIST (\HasNoChildren) "/" Herb/Dill
        S| * LIST (\HasNoChildren) "/" Herb/Mint
        S| * LIST (\HasNoChildren) "/" Shed
        S| * LIST (\HasChildren) "/" Tree
        S| * LIST (\HasNoChildren) "/" Tree/Elm
        S| * LIST (\HasNoChildren) "/" Tree/Oak
        S: A01 OK ...
        C: A02 LIST (SUBSCRIBED) "" "*"
        S| * LIST (\HasNoChildren \Subscribed) "/" INBOX
        S| * LIST (\HasNoChildren \Subscribed) "/" Herb/Mint
        S| * LIST (\HasNoChildren \Subscribed \NonExistent) "/" Herb/Rue
        S| * LIST (\HasChildren \Subscribed) "/" Tree
        S| * LIST (\HasNoChildren \Subscribed) "/" Tree/Elm
        S: A02 OK ...
        C: A03 LIST () "" "%" RETURN (CHILDREN)
        S| * LIST (\HasNoChildren) "/" INBOX
        S| * LIST (\HasChildren) "/" Herb
        S| * LIST (\HasNoChildren) "/" Shed
        S| * LIST (\HasChildren) "/" Tree
        S: A03 OK ...
        C: A04 LIST (REMOTE) "" "%" RETURN (CHILDREN)
        S| * LIST (\HasNoChildren) "/" INBOX
        S| * LIST (\HasChildren) "/" Herb
        S| * LIST (\HasNoChildren) "/" Shed
        S| * LIST (\HasChildren) "/" Tree
        S: A04 OK ...
        C: A05 LIST (REMOTE SUBSCRIBED) "" "*"
        S| * LIST (\HasNoChildren \Subscribed) "/" INBOX
        S| * LIST (\HasNoChildren \Subscribed) "/" Herb/Mint
        S| * LIST (\HasNoChildren \Subscribed \NonExistent) "/" Herb/Rue
        S| * LIST (\HasChildren \Subscribed) "/" Tree
        S| * LIST (\HasNoChildren \Subscribed) "/" Tree/Elm
        S: A05 OK ...
        C: A06 LIST (REMOTE) "" "*" RETURN (SUBSCRIBED)
        S| * LIST (\HasNoChildren \Subscribed) "/" INBOX
        S| * LIST (\HasChildren) "/" Herb
        S| * LIST (\HasNoChildren) "/" Herb/Dill
        S| * LIST (\HasNoChildren \Subscribed) "/" Herb/Mint
        S| * LIST (\HasNoChildren) "/" Shed
        S| * LIST (\HasChildren \Subscribed) "/" Tree
        S| * LIST (\HasNoChildren \Subscribed) "/" Tree/Elm
        S| * LIST (\HasNoChildren) "/" Tree/Oak
        S: A06 OK ...
    "#;
    peer.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn example_7_several_patterns() {
    let peer = garden(&["Drafts", "Other", "Sent/Autumn", "Sent/Spring/May"], &[], &[]).await;
    let transcript = r#"
        C: BBB LIST "" ("INBOX" "Drafts" "Sent/%")
        S| * LIST (\HasNoChildren) "/" INBOX
        S| * LIST (\HasNoChildren) "/" Drafts
        S| * LIST (\HasNoChildren) "/" Sent/Autumn
        S| * LIST (\HasChildren) "/" Sent/Spring
        S: BBB OK ...
    "#;
    peer.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn example_8_children_and_those_that_were_looked_for() {
    let peer = garden(&["Herb/Dill", "Herb/Mint", "Shed"], &["Herb/Mint"], &[]).await;
    let transcript = r#"
        C: C01 LIST "" "*"
        S| * LIST (\HasNoChildren) "/" INBOX
        S| * LIST (\HasChildren) "/" Herb
        S| * LIST (\HasNoChildren) "/" Herb/Dill
        S| * LIST (\HasNoChildren) "/" Herb/Mint
        S| * LIST (\HasNoChildren) "/" Shed
        S: C01 OK ...
        C: CA3 LIST "" "%" RETURN (CHILDREN)
        S| * LIST (\HasNoChildren) "/" INBOX
        S| * LIST (\HasChildren) "/" Herb
        S| * LIST (\HasNoChildren) "/" Shed
        S: CA3 OK ...
        C: C02 LIST (SUBSCRIBED) "" "*"
        S: * LIST (\HasNoChildren \Subscribed) "/" Herb/Mint
        S: C02 OK ...
        C: C03 LIST (SUBSCRIBED) "" "%"
        S: C03 OK ...
        C: C04 LIST (SUBSCRIBED RECURSIVEMATCH) "" "%"
        S: * LIST (\HasChildren) "/" Herb ("CHILDINFO" ("SUBSCRIBED"))
        S: C04 OK ...
        C: C05 SUBSCRIBE Herb
        S: C05 OK ...
        C: C06 LIST (SUBSCRIBED RECURSIVEMATCH) "" "%"
        S: * LIST (\HasChildren \Subscribed) "/" Herb ("CHILDINFO" ("SUBSCRIBED"))
        S: C06 OK ...
    "#;
    peer.follow_to_the_end(transcript).await;
}

/// A2: a subscribed name below one that is not there.
#[tokio::test]
async fn example_8_below_a_name_that_is_not_there() {
    let mut peer = garden(&[], &[], &["Herb/Mint"]).await;
    quietly(&mut peer, "DELETE Herb").await;
    let transcript = r#"
        C: C04 LIST (SUBSCRIBED RECURSIVEMATCH) "" "%"
        S: * LIST (\HasNoChildren \NonExistent) "/" Herb ("CHILDINFO" ("SUBSCRIBED"))
        S: C04 OK ...
    "#;
    peer.follow_to_the_end(transcript).await;
}

/// B and C: nothing is subscribed; then two names, and no child of them.
#[tokio::test]
async fn example_8_no_child_is_subscribed() {
    let peer = garden(&["Herb/Dill", "Shed"], &[], &[]).await;
    let transcript = r#"
        C: C04 LIST (SUBSCRIBED RECURSIVEMATCH) "" "%"
        S: C04 OK ...
        C: C05 SUBSCRIBE Herb
        S: C05 OK ...
        C: C06 SUBSCRIBE Shed
        S: C06 OK ...
        C: C07 LIST (SUBSCRIBED RECURSIVEMATCH) "" "%" RETURN (CHILDREN)
        S| * LIST (\HasChildren \Subscribed) "/" Herb
        S| * LIST (\HasNoChildren \Subscribed) "/" Shed
        S: C07 OK ...
    "#;
    peer.follow_to_the_end(transcript).await;
}

/// A name is told for what is below it only where that is not told itself (a SHOULD NOT of section 3.5,
/// which the last exchange of the example does not keep: there `x2` and `y2` are told as well).
#[tokio::test]
async fn example_9_names_that_match_and_children_that_do_not() {
    let mailboxes = ["x2/bar1", "x2/bar2", "y2/bar2", "y2/bar22", "y2/bar222", "z2/mamba"];
    let subscribed = ["x2/bar1", "x2/bar2", "y2/bar2", "y2/bar22", "y2/bar222", "z2", "z2/mamba"];
    let peer = garden(&mailboxes, &subscribed, &[]).await;
    let transcript = r#"
        C: D01 LIST "" "*"
        S| * LIST (\HasNoChildren) "/" INBOX
        S| * LIST (\HasChildren) "/" x2
        S| * LIST (\HasNoChildren) "/" x2/bar1
        S| * LIST (\HasNoChildren) "/" x2/bar2
        S| * LIST (\HasChildren) "/" y2
        S| * LIST (\HasNoChildren) "/" y2/bar2
        S| * LIST (\HasNoChildren) "/" y2/bar22
        S| * LIST (\HasNoChildren) "/" y2/bar222
        S| * LIST (\HasChildren) "/" z2
        S| * LIST (\HasNoChildren) "/" z2/mamba
        S: D01 OK ...
        C: D02 LIST (SUBSCRIBED) "" "*"
        S| * LIST (\HasNoChildren \Subscribed) "/" x2/bar1
        S| * LIST (\HasNoChildren \Subscribed) "/" x2/bar2
        S| * LIST (\HasNoChildren \Subscribed) "/" y2/bar2
        S| * LIST (\HasNoChildren \Subscribed) "/" y2/bar22
        S| * LIST (\HasNoChildren \Subscribed) "/" y2/bar222
        S| * LIST (\HasChildren \Subscribed) "/" z2
        S| * LIST (\HasNoChildren \Subscribed) "/" z2/mamba
        S: D02 OK ...
        C: D03 LIST (RECURSIVEMATCH SUBSCRIBED) "" "*2"
        S| * LIST (\HasChildren) "/" x2 ("CHILDINFO" ("SUBSCRIBED"))
        S| * LIST (\HasNoChildren \Subscribed) "/" x2/bar2
        S| * LIST (\HasNoChildren \Subscribed) "/" y2/bar2
        S| * LIST (\HasNoChildren \Subscribed) "/" y2/bar22
        S| * LIST (\HasNoChildren \Subscribed) "/" y2/bar222
        S| * LIST (\HasChildren \Subscribed) "/" z2 ("CHILDINFO" ("SUBSCRIBED"))
        S: D03 OK ...
        C: D04 LIST (RECURSIVEMATCH SUBSCRIBED) "" "*"
        S| * LIST (\HasNoChildren \Subscribed) "/" x2/bar1
        S| * LIST (\HasNoChildren \Subscribed) "/" x2/bar2
        S| * LIST (\HasNoChildren \Subscribed) "/" y2/bar2
        S| * LIST (\HasNoChildren \Subscribed) "/" y2/bar22
        S| * LIST (\HasNoChildren \Subscribed) "/" y2/bar222
        S| * LIST (\HasChildren \Subscribed) "/" z2 ("CHILDINFO" ("SUBSCRIBED"))
        S| * LIST (\HasNoChildren \Subscribed) "/" z2/mamba
        S: D04 OK ...
    "#;
    peer.follow_to_the_end(transcript).await;
}

/// What is subscribed below a mailbox may be there no more.
#[tokio::test]
async fn example_10_childinfo_without_children() {
    let peer = garden(&["herb"], &[], &["herb/rue"]).await;
    let transcript = r#"
        C: a1 LIST "" ("herb" "herb/*")
        S: * LIST (\HasNoChildren) "/" herb
        S: a1 OK ...
        C: a2 LIST (SUBSCRIBED) "" "herb/*"
        S: * LIST (\HasNoChildren \Subscribed \NonExistent) "/" herb/rue
        S: a2 OK ...
        C: a3 LIST (SUBSCRIBED RECURSIVEMATCH) "" herb RETURN (CHILDREN)
        S: * LIST (\HasNoChildren) "/" herb ("CHILDINFO" ("SUBSCRIBED"))
        S: a3 OK ...
    "#;
    peer.follow_to_the_end(transcript).await;
}

/// A level of the hierarchy that is no mailbox: bob may see what is below it. The server calls such a
/// level `\Noselect`, as RFC 3501, section 6.3.8, does, and there is nothing remote.
#[tokio::test]
async fn example_11_levels_that_are_missing() {
    let scene = Scene::new().await.flagged("music/rock", &[]).await;
    quietly(&mut scene.authenticated().await, "SETACL music/rock bob lr").await;
    let transcript = r#"
        C: a1 LIST (REMOTE) "" "Other Users/alice/*"
        S: * LIST (\HasNoChildren) "/" "Other Users/alice/music/rock"
        S: a1 OK ...
        C: a2 LIST () "" "Other Users/alice/%"
        S: * LIST (\Noselect \HasChildren) "/" "Other Users/alice/music"
        S: a2 OK ...
        C: a3 LIST (REMOTE) "" "Other Users/alice/%"
        S: * LIST (\Noselect \HasChildren) "/" "Other Users/alice/music"
        S: a3 OK ...
        C: a3.1 LIST "" ("Other Users/alice/%" "Other Users/alice/music/rock")
        S: * LIST (\Noselect \HasChildren) "/" "Other Users/alice/music"
        S: * LIST (\HasNoChildren) "/" "Other Users/alice/music/rock"
        S: a3.1 OK ...
    "#;
    scene.authenticated_as("bob").await.follow_to_the_end(transcript).await;
}
