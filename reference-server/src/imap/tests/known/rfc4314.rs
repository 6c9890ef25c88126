//! RFC 4314, sections 2 to 5: access control lists. The server shows the obsolete letters c and d with the
//! rights that took their place, as section 2.1.1 has it, and names users in quotes.

use super::{Scene, quietly};
use crate::testing::Peer;

/// d stands for e and t, and c for k and x; where any of these is there, the letter is told too.
#[tokio::test]
async fn section_2_1_1_obsolete_rights() {
    let scene = Scene::new().await.flagged("Drafts", &[]).await;
    let transcript = r#"
        C: A001 SeTacl Drafts David lrswida
        S: A001 OK ...
        C: A002 getacl Drafts
        S: * ACL Drafts "alice" lrswipkxteacd "david" lrswitead
        S: A002 OK ...
        C: A003 Setacl Drafts David lrswikda
        S: A003 OK ...
        C: A004 getAcl Drafts
        S: * ACL Drafts "alice" lrswipkxteacd "david" lrswikteacd
        S: A004 OK ...
    "#;
    scene.authenticated().await.follow_to_the_end(transcript).await;
}

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
async fn sections_3_3_to_3_5_getacl_listrights_and_myrights() {
    let scene = Scene::new().await.flagged("Work", &[]).await;
    let transcript = r#"
        C: a001 LISTRIGHTS Work bob
        S: * LISTRIGHTS Work "bob" "" l r s w i p k x t e a c d
        S: a001 OK ...
        C: a005 listrights Work anyone
        S: * LISTRIGHTS Work "anyone" "" l r s w i p k x t e a c d
        S: a005 OK ...
        C: A002 GETACL Work
        S: * ACL Work "alice" lrswipkxteacd
        S: A002 OK ...
        C: A003 MYRIGHTS Work
        S: * MYRIGHTS Work lrswipkxteacd
        S: A003 OK ...
    "#;
    scene.authenticated().await.follow_to_the_end(transcript).await;
}

/// Who may not see A is told nothing of it but that it is above A/B.
#[tokio::test]
async fn section_4_list() {
    let scene = Scene::new().await.flagged("A/B", &[]).await.flagged("C/D", &[]).await;
    let mut alice = scene.authenticated().await;
    for mailbox in ["A/B", "C", "C/D"] {
        quietly(&mut alice, &format!("SETACL {mailbox} bob l")).await;
    }
    let transcript = r#"
        C: A777 LIST "" "Other Users/alice/*"
        S: * LIST (\HasNoChildren) "/" "Other Users/alice/A/B"
        S: * LIST (\HasChildren) "/" "Other Users/alice/C"
        S: * LIST (\HasNoChildren) "/" "Other Users/alice/C/D"
        S: A777 OK ...
    "#;
    scene.authenticated_as("bob").await.follow_to_the_end(transcript).await;
}

/// Alice's mailboxes, of which bob may read one and copy into the other.
async fn to_copy(rights: &str) -> (Scene, Peer) {
    let scene = Scene::new().await.flagged("Target", &[]).await;
    let scene = scene.flagged("Source", &["\\Draft \\Deleted", "\\Answered", "$Forwarded \\Seen"]).await;
    let mut alice = scene.authenticated().await;
    quietly(&mut alice, &format!("SETACL Target bob {rights}")).await;
    quietly(&mut alice, "SETACL Source bob lrs").await;
    (scene, alice)
}

/// Section 4: without the right t the mark for deletion is lost on the way.
#[tokio::test]
async fn section_4_flags_of_a_copy() {
    let (scene, mut alice) = to_copy("lrwis").await;
    let transcript = r#"
        C: A003 MYRIGHTS "Other Users/alice/Target"
        S: * MYRIGHTS "Other Users/alice/Target" lrswi
        S: A003 OK ...
        C: A004 FETCH 1:3 (FLAGS)
        S: * 1 FETCH (FLAGS (\Draft \Deleted))
        S: * 2 FETCH (FLAGS (\Answered))
        S: * 3 FETCH (FLAGS ($Forwarded \Seen))
        S: A004 OK ...
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

/// The same with the rights s, t and i, and without w.
#[tokio::test]
async fn section_4_other_flags_of_a_copy() {
    let (scene, mut alice) = to_copy("lrsti").await;
    let mut bob = scene.authenticated_as("bob").await;
    quietly(&mut bob, "SELECT \"Other Users/alice/Source\"").await;
    quietly(&mut bob, "COPY 1:3 \"Other Users/alice/Target\"").await;
    quietly(&mut alice, "EXAMINE Target").await;
    let transcript = r"
        C: A007 FETCH 1:3 (FLAGS)
        S: * 1 FETCH (FLAGS (\Deleted \Recent))
        S: * 2 FETCH (FLAGS (\Recent))
        S: * 3 FETCH (FLAGS (\Seen \Recent))
        S: A007 OK ...
        ";
    alice.follow_to_the_end(transcript).await;
}

/// Section 5.1.1: what may be changed is what the rights allow, whether the commands come one after the
/// other or at once.
#[tokio::test]
async fn section_5_1_1_capability_and_permanent_flags() {
    let scene = Scene::new().await.flagged("Work", &["", "\\Seen"]).await;
    quietly(&mut scene.authenticated().await, "SETACL Work bob lrwis").await;
    let mut bob = scene.authenticated_as("bob").await;
    bob.follow("C: 1 capability\nS: * CAPABILITY ${before} RIGHTS=kxte ${behind}\nS: 1 OK ...").await;
    let selected = r"
        S| * 2 EXISTS
        S| * 0 RECENT
        S| * OK [UNSEEN 1] ...
        S| * OK [UIDVALIDITY ${validity}] ...
        S| * OK [UIDNEXT 3] ...
        S| * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
        S| * OK [PERMANENTFLAGS (\Answered \Flagged \Seen \Draft \*)] ...
        S| * OK [HIGHESTMODSEQ ${modseq}] ...
        S| * OK [MAILBOXID (${id})] ...
        S: A142 OK [READ-WRITE] ...
        ";
    let rights = "S: * MYRIGHTS \"Other Users/alice/Work\" lrswi\nS: A143 OK ...";
    bob.follow("C: A142 SELECT \"Other Users/alice/Work\"").await;
    bob.follow(selected).await;
    bob.follow("C: A143 MYRIGHTS \"Other Users/alice/Work\"").await;
    bob.follow(rights).await;
    quietly(&mut bob, "UNSELECT").await;
    let work = "\"Other Users/alice/Work\"";
    bob.follow(&format!("C: A142 SELECT {work}\nC: A143 MYRIGHTS {work}")).await;
    bob.follow(selected).await;
    bob.follow_to_the_end(rights).await;
}
