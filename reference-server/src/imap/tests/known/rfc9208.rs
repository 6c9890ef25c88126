//! RFC 9208, sections 4.1 and 4.3 (and RFC 2087, section 4): QUOTA. The server has one root, whose
//! name is `account`; RFC 2087 leaves names to it as RFC 9208 does.

use super::{Scene, quietly};

#[tokio::test]
async fn section_4_1_getquota_getquotaroot_and_setquota() {
    let scene = Scene::new().await.flagged("INBOX", &["", ""]).await;
    let mut peer = scene.authenticated().await;
    quietly(&mut peer, "SETQUOTA account (STORAGE 1000 MESSAGE 50)").await;
    let transcript = r##"
        C: G0001 GETQUOTA "account"
        S: * QUOTA "account" (STORAGE 1 1000 MESSAGE 2 50)
        S: G0001 OK ...
        C: G0002 GETQUOTAROOT INBOX
        S: * QUOTAROOT INBOX "account"
        S: * QUOTA "account" (STORAGE 1 1000 MESSAGE 2 50)
        S: G0002 OK ...
        C: S0001 SETQUOTA "account" (STORAGE 510)
        S: * QUOTA "account" (STORAGE 1 510)
        S: S0001 OK ...
        C: S0002 SETQUOTA "#disk" (STORAGE 99999999)
        S: S0002 NO [NONEXISTENT] ...
    "##;
    peer.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_4_1_4_what_an_expunge_would_free() {
    let scene = Scene::new().await.flagged("INBOX", &["\\Deleted", "", "\\Deleted"]).await;
    let transcript = r"
        C: S0003 STATUS INBOX (MESSAGES DELETED DELETED-STORAGE)
        S: * STATUS INBOX (MESSAGES 3 DELETED 2 DELETED-STORAGE 34)
        S: S0003 OK ...
        ";
    scene.authenticated().await.follow_to_the_end(transcript).await;
}

/// Examples 1 and 3 of a quota that is hard: nothing is added. Example 2 is of a soft one, which the
/// server does not have.
#[tokio::test]
async fn section_4_3_1_overquota() {
    let scene = Scene::new().await.flagged("INBOX", &["", "", "", ""]).await.flagged("MEETING", &[]).await;
    let mut peer = scene.selected("INBOX").await;
    quietly(&mut peer, "SETQUOTA account (MESSAGE 4)").await;
    let transcript = r"
        C: A003 APPEND MEETING (\Seen) {17}
        S: + ...
        C: Subject: a
        C:
        C: b
        C:
        S: A003 NO [OVERQUOTA] ...
        C: A004 COPY 2:4 MEETING
        S: A004 NO [OVERQUOTA] ...
        C: A005 STATUS MEETING (MESSAGES)
        S: * STATUS MEETING (MESSAGES 0)
        S: A005 OK ...
        ";
    peer.follow_to_the_end(transcript).await;
}
