//! RFC 4314, section 3: access control lists. The server shows the obsolete letters c and d with the
//! rights that took their place, as section 2.1.1 has it, and names users in quotes.

use super::{Scene, quietly};

#[tokio::test]
async fn section_3_1_setacl() {
    let scene = Scene::new().await.flagged("Work", &[]).await;
    let transcript = r#"
        C: A001 GETACL Work
        S: * ACL Work "alice" lrswipkxteacd
        S: A001 OK ...
        C: A002 SETACL Work bob lrswi
        S: A002 OK ...
        C: A003 SETACL Work bob +cda
        S: A003 OK ...
        C: A004 GETACL Work
        S: * ACL Work "alice" lrswipkxteacd "bob" lrswikxteacd
        S: A004 OK ...
        C: A035 SETACL Work bob lrQswicda
        S: A035 BAD ...
        C: A036 SETACL Work bob lrqswicda
        S: A036 BAD ...
    "#;
    scene.authenticated().await.follow_to_the_end(transcript).await;
}

/// Rights of an identifier with a dash are taken from the one behind it.
#[tokio::test]
async fn section_3_2_deleteacl() {
    let scene = Scene::new().await.flagged("Work", &[]).await;
    let mut peer = scene.authenticated().await;
    quietly(&mut peer, "SETACL Work bob lrw").await;
    quietly(&mut peer, "SETACL Work -bob w").await;
    let transcript = r#"
        C: B001 GETACL Work
        S: * ACL Work "-bob" w "alice" lrswipkxteacd "bob" lrw
        S: B001 OK ...
        C: B002 DELETEACL Work bob
        S: B002 OK ...
        C: B003 GETACL Work
        S: * ACL Work "-bob" w "alice" lrswipkxteacd
        S: B003 OK ...
    "#;
    peer.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn sections_3_4_and_3_5_listrights_and_myrights() {
    let scene = Scene::new().await.flagged("Work", &[]).await;
    let transcript = r#"
        C: a001 LISTRIGHTS Work bob
        S: * LISTRIGHTS Work "bob" "" l r s w i p k x t e a c d
        S: a001 OK ...
        C: A003 MYRIGHTS Work
        S: * MYRIGHTS Work lrswipkxteacd
        S: A003 OK ...
    "#;
    scene.authenticated().await.follow_to_the_end(transcript).await;
}

/// Section 4: without the right t the mark for deletion is lost on the way.
#[tokio::test]
async fn section_4_flags_of_a_copy() {
    let scene = Scene::new().await.flagged("Target", &[]).await;
    let scene = scene.flagged("Source", &["\\Draft \\Deleted", "\\Answered", "$Forwarded \\Seen"]).await;
    let mut alice = scene.authenticated().await;
    quietly(&mut alice, "SETACL Target bob lrwis").await;
    quietly(&mut alice, "SETACL Source bob lrs").await;
    let transcript = r#"
        C: A003 MYRIGHTS "Other Users/alice/Target"
        S: * MYRIGHTS "Other Users/alice/Target" lrswi
        S: A003 OK ...
        C: A005 UID COPY 1:3 "Other Users/alice/Target"
        S: A005 OK [COPYUID ${validity} 1:3 1:3] ...
    "#;
    let mut bob = scene.authenticated_as("bob").await;
    quietly(&mut bob, "SELECT \"Other Users/alice/Source\"").await;
    bob.follow_to_the_end(transcript).await;
    quietly(&mut alice, "EXAMINE Target").await;
    let transcript = r"
        C: A007 UID FETCH 1:3 (FLAGS)
        S: * 1 FETCH (UID 1 FLAGS (\Draft \Recent))
        S: * 2 FETCH (UID 2 FLAGS (\Answered \Recent))
        S: * 3 FETCH (UID 3 FLAGS ($Forwarded \Seen \Recent))
        S: A007 OK ...
        ";
    alice.follow_to_the_end(transcript).await;
}
