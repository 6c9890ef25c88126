//! RFC 1939: the examples of sections 4 to 7, and the session of section 10. Replies that are for
//! people alone are free; STAT, LIST and UIDL have their form.

use std::sync::Arc;

use super::Scene;
use crate::auth::{Authenticator, apop_digest};
use crate::limits::RecoverableSecrets;

const FIRST: &str = "Subject: one\n\nThe mirror is silvered.\n";
const SECOND: &str = "Subject: two\n\n.\nIt is mounted.\n";

#[tokio::test]
async fn section_4_quit_before_the_transaction() {
    let transcript = r"
        S: +OK mail.example.test ...
        C: QUIT
        S: +OK ...
        S: the connection is closed
        ";
    Scene::new(&[]).await.opened().follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_5_stat_and_list() {
    let transcript = r"
        C: STAT
        S: +OK 2 76
        C: LIST
        S: +OK ...
        S: 1 41
        S: 2 35
        S: .
        C: LIST 2
        S: +OK 2 35
        C: LIST 3
        S: -ERR ...
        ";
    Scene::new(&[FIRST, SECOND]).await.open().await.follow_to_the_end(transcript).await;
}

/// The line of one dot is sent with two.
#[tokio::test]
async fn section_5_retr() {
    let transcript = r"
        C: RETR 2
        S: +OK ...
        S: Subject: two
        S:
        S: ..
        S: It is mounted.
        S: .
        ";
    Scene::new(&[FIRST, SECOND]).await.open().await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_5_dele_noop_and_rset() {
    let transcript = r"
        C: DELE 1
        S: +OK ...
        C: DELE 1
        S: -ERR ...
        C: STAT
        S: +OK 1 35
        C: NOOP
        S: +OK ...
        C: RSET
        S: +OK ...
        C: STAT
        S: +OK 2 76
        ";
    Scene::new(&[FIRST, SECOND]).await.open().await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_6_quit_with_an_empty_maildrop_and_with_messages_left() {
    let scene = Scene::new(&[FIRST]).await;
    let transcript = r"
        C: DELE 1
        S: +OK ...
        C: QUIT
        S: +OK ...
        S: the connection is closed
        ";
    scene.open().await.follow_to_the_end(transcript).await;
    scene.open().await.follow_to_the_end("C: STAT\nS: +OK 0 0").await;
    scene.arrives(FIRST).await;
    scene.arrives(SECOND).await;
    scene.open().await.follow_to_the_end("C: QUIT\nS: +OK ...\nS: the connection is closed").await;
    scene.open().await.follow_to_the_end("C: STAT\nS: +OK 2 76").await;
}

#[tokio::test]
async fn section_7_top() {
    let transcript = r"
        C: TOP 1 10
        S: +OK ...
        S: Subject: one
        S:
        S: The mirror is silvered.
        S: .
        C: TOP 2 1
        S: +OK ...
        S: Subject: two
        S:
        S: ..
        S: .
        C: TOP 100 3
        S: -ERR ...
        ";
    Scene::new(&[FIRST, SECOND]).await.open().await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_7_uidl() {
    let transcript = r"
        C: UIDL
        S: +OK ...
        S: 1 ${first}
        S: 2 ${second}
        S: .
        C: UIDL 2
        S: +OK 2 ${second}
        C: UIDL 3
        S: -ERR ...
        ";
    Scene::new(&[FIRST, SECOND]).await.open().await.follow_to_the_end(transcript).await;
}

/// A server need not say whether there is such a user, and this one does not: USER is always
/// answered well, and PASS tells.
#[tokio::test]
async fn section_7_user_and_pass() {
    let scene = Scene::new(&[FIRST, SECOND]).await;
    let unknown = "C: USER frederic\nS: +OK ...\nC: PASS secret\nS: -ERR [AUTH] ...";
    scene.connected().await.follow_to_the_end(unknown).await;
    let held = scene.open().await;
    let mut other = scene.connected().await;
    other.follow("C: USER alice\nS: +OK ...\nC: PASS alice-secret\nS: -ERR [IN-USE] ...").await;
    held.follow_to_the_end("C: QUIT\nS: +OK ...\nS: the connection is closed").await;
    other.follow_to_the_end("C: USER alice\nS: +OK ...\nC: PASS alice-secret\nS: +OK ...").await;
}

/// A server that keeps passwords, with these messages.
async fn with_apop(messages: &[&str]) -> Scene {
    let Scene { shared, identity } = Scene::new(messages).await;
    let mut shared = Arc::into_inner(shared).unwrap();
    let (store, domains) = (shared.store.clone(), shared.domains.clone());
    let authenticator = Authenticator::new(store, domains, Arc::default()).unwrap();
    shared.authenticator = authenticator.keeping(RecoverableSecrets::Kept);
    shared.authenticator.put_account("alice@example.test", "alice-secret").await.unwrap();
    Scene { shared: Arc::new(shared), identity }
}

/// The digest is that of the timestamp in the greeting and the password.
#[tokio::test]
async fn section_7_apop() {
    let mut peer = with_apop(&[FIRST]).await.opened();
    peer.follow("S: +OK mail.example.test POP3 server ready <${timestamp}>").await;
    let digest = apop_digest(&format!("<{}>", peer.noted("timestamp")), "alice-secret");
    peer.follow_to_the_end(&format!("C: APOP alice {digest}\nS: +OK ...\nC: STAT\nS: +OK 1 41")).await;
}

/// The digest that the RFC computes for its own timestamp and password.
#[test]
fn section_7_the_digest_of_the_example() {
    assert_eq!(
        apop_digest("<1896.697170952@dbc.mtview.ca.us>", "tanstaaf"),
        "c4c9334bac560ecc979e58001b3e22fb"
    );
}

#[tokio::test]
async fn section_10_a_session_as_a_whole() {
    let scene = with_apop(&[FIRST, SECOND]).await;
    let mut peer = scene.opened();
    peer.follow("S: +OK mail.example.test POP3 server ready <${timestamp}>").await;
    let digest = apop_digest(&format!("<{}>", peer.noted("timestamp")), "alice-secret");
    peer.follow(&format!("C: APOP alice {digest}\nS: +OK ...")).await;
    let transcript = r"
        C: STAT
        S: +OK 2 76
        C: LIST
        S: +OK ...
        S: 1 41
        S: 2 35
        S: .
        C: RETR 1
        S: +OK ...
        S: Subject: one
        S:
        S: The mirror is silvered.
        S: .
        C: DELE 1
        S: +OK ...
        C: RETR 2
        S: +OK ...
        S: Subject: two
        S:
        S: ..
        S: It is mounted.
        S: .
        C: DELE 2
        S: +OK ...
        C: QUIT
        S: +OK ...
        S: the connection is closed
        ";
    peer.follow_to_the_end(transcript).await;
    scene.open().await.follow_to_the_end("C: STAT\nS: +OK 0 0").await;
}
