//! RFC 5530, section 3: response codes, those that this server has cause for.

use super::{Scene, quietly};

#[tokio::test]
async fn authenticationfailed() {
    let transcript = "C: b LOGIN alice wrong\nS: b NO [AUTHENTICATIONFAILED] ...";
    Scene::new().await.connected().await.follow_to_the_end(transcript).await;
}

/// Bob's identity with alice's password.
#[tokio::test]
async fn authorizationfailed() {
    let transcript = r"
        C: c1 AUTHENTICATE PLAIN
        S: +\x20
        C: Ym9iAGFsaWNlAGFsaWNlLXNlY3JldA==
        S: c1 NO [AUTHORIZATIONFAILED] ...
        ";
    Scene::new().await.connected().await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn privacyrequired() {
    let never = crate::limits::PlaintextAuthentication::Never;
    let scene = Scene::with(|shared| shared.plaintext_authentication = never).await;
    let transcript = "C: d LOGIN alice alice-secret\nS: d NO [PRIVACYREQUIRED] ...";
    scene.connected().await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn cannot_overquota_alreadyexists_and_nonexistent() {
    let scene = Scene::new().await.flagged("here", &[]).await.flagged("there", &[]).await;
    let scene = scene.flagged("INBOX", &["", ""]).await;
    let mut peer = scene.selected("INBOX").await;
    quietly(&mut peer, "SETQUOTA account (MESSAGE 3)").await;
    let transcript = r#"
        C: l CREATE "///////"
        S: l NO [CANNOT] ...
        C: n1 UID COPY 1:* here
        S: n1 NO [OVERQUOTA] ...
        C: o RENAME here there
        S: o NO [ALREADYEXISTS] ...
        C: p RENAME nowhere elsewhere
        S: p NO [NONEXISTENT] ...
    "#;
    peer.follow_to_the_end(transcript).await;
}
