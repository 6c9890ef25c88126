//! RFC 5530, section 3: response codes, those that this server has cause for. EXPIRED, CONTACTADMIN and
//! INUSE it never has; SERVERBUG and CORRUPTION need a store that fails, CLIENTBUG it says with BAD, of
//! commands in a state in which they can not be, and PRIVACYREQUIRED of logins alone.

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

/// Of a mailbox whose existence is no secret.
#[tokio::test]
async fn noperm() {
    let scene = Scene::new().await.flagged("archive", &[]).await;
    quietly(&mut scene.authenticated().await, "SETACL archive bob l").await;
    let transcript = "C: f select \"Other Users/alice/archive\"\nS: f NO [NOPERM] ...";
    scene.authenticated_as("bob").await.follow_to_the_end(transcript).await;
}

/// Of STORE, which is refused where a message is gone; the example is of a SEARCH that still finds it.
#[tokio::test]
async fn expungeissued() {
    let scene = Scene::new().await.flagged("INBOX", &["", "\\Deleted", ""]).await;
    let peer = scene.selected("INBOX").await;
    quietly(&mut scene.selected("INBOX").await, "EXPUNGE").await;
    let transcript = r"
        C: h STORE 1:3 +FLAGS.SILENT (\Flagged)
        S: h NO [EXPUNGEISSUED] ...
        C: h2 NOOP
        S: * 2 EXPUNGE
        S: h2 OK ...
        ";
    peer.follow_to_the_end(transcript).await;
}

/// More flags than a command may have.
#[tokio::test]
async fn limit() {
    let scene = Scene::new().await.flagged("INBOX", &[""]).await;
    let flags: Vec<_> = (1..=250).map(|number| format!("f{number}")).collect();
    let transcript = format!("C: m STORE 1 FLAGS ({})\nS: m NO [LIMIT] ...", flags.join(" "));
    scene.selected("INBOX").await.follow_to_the_end(&transcript).await;
}

/// Of a server that ends, where the example is of a backend that is down.
#[tokio::test]
async fn unavailable() {
    let mut peer = Scene::new().await.authenticated().await;
    peer.ending.send_replace(true);
    peer.follow("S: * BYE [UNAVAILABLE] ...").await;
}
