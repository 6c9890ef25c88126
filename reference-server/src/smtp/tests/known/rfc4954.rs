//! RFC 4954, sections 4.1 and 5.1: AUTH, and the parameter of MAIL. GSSAPI, DIGEST-MD5 and EXTERNAL
//! are mechanisms that the server does not have.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{HELLO, Scene};
use crate::auth::{Authenticator, cram_digest};
use crate::limits::RecoverableSecrets;

const SECURED: &str = r"
    C: EHLO client.test
    S: 250-mail.example.test ...
    S| 250-PIPELINING
    S| 250-SIZE 100000
    S| 250-8BITMIME
    S| 250-BINARYMIME
    S| 250-SMTPUTF8
    S| 250-ENHANCEDSTATUSCODES
    S| 250-DSN
    S| 250-CHUNKING
    S| 250-AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN
    S| 250-DELIVERBY
    S| 250-MT-PRIORITY
    S| 250-ETRN
    S| 250-VRFY
    S| 250-EXPN
    S| 250-HELP
    S| 250-REQUIRETLS
    S| 250 LIMITS RCPTMAX=100
    ";

#[tokio::test]
async fn section_4_1_plain_under_tls() {
    let scene = Scene::new().await;
    for rest in [
        "C: AUTH PLAIN AGFsaWNlAGFsaWNlLXNlY3JldA==\nS: 235 2.7.0 ...",
        "C: AUTH PLAIN\nS: 334\\x20\nC: AGFsaWNlAGFsaWNlLXNlY3JldA==\nS: 235 2.7.0 ...",
    ] {
        let mut peer = scene.opened();
        peer.follow(HELLO).await;
        peer.follow("C: STARTTLS\nS: 220 2.0.0 ...").await;
        let mut peer = peer.start_tls(&scene.identity).await;
        peer.follow(SECURED).await;
        peer.follow_to_the_end(rest).await;
    }
}

/// The client computes its answer from what the server sends (RFC 2195, section 2).
#[tokio::test]
async fn section_4_1_cram_md5() {
    let Scene { shared, identity } = Scene::new().await;
    let mut shared = Arc::into_inner(shared).unwrap();
    let authenticator =
        Authenticator::new(shared.store.clone(), shared.domains.clone(), Arc::default()).unwrap();
    shared.authenticator = authenticator.keeping(RecoverableSecrets::Kept);
    shared.authenticator.put_account("alice@example.test", "alice-secret").await.unwrap();
    let scene = Scene { shared: Arc::new(shared), identity };
    let mut peer = scene.opened();
    peer.follow("S: 220 mail.example.test ...").await;
    peer.follow(
        &HELLO.replace("S: 220 mail.example.test ...", "").replace("PLAIN LOGIN", "CRAM-MD5 PLAIN LOGIN"),
    )
    .await;
    peer.follow("C: AUTH CRAM-MD5\nS: 334 ${challenge}").await;
    let challenge = String::from_utf8(STANDARD.decode(peer.noted("challenge")).unwrap()).unwrap();
    assert!(challenge.starts_with('<') && challenge.ends_with('>'), "{challenge}");
    let digest = cram_digest("alice-secret", &challenge);
    let response = STANDARD.encode(format!("alice {digest}"));
    peer.follow_to_the_end(&format!("C: {response}\nS: 235 2.7.0 ...")).await;
}

#[tokio::test]
async fn section_5_1_whose_mail_it_is() {
    let transcript = r"
        C: MAIL FROM:<e=mc2@example.test> AUTH=e+3Dmc2@example.test
        S: 250 2.1.0 ...
        C: RSET
        S: 250 2.0.0 ...
        C: MAIL FROM:<john+@example.test> AUTH=<>
        S: 250 2.1.0 ...
        ";
    Scene::new().await.submitting().await.follow_to_the_end(transcript).await;
}
