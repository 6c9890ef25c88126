//! RFC 2449: CAPA (section 5) and response codes (section 8).

use super::Scene;

/// What there is, in whatever order; EXPIRE NEVER says that mail stays (section 6.7).
#[tokio::test]
async fn section_5_capa() {
    let transcript = r"
        C: CAPA
        S: +OK ...
        S| TOP
        S| USER
        S| SASL SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN
        S| STLS
        S| RESP-CODES
        S| AUTH-RESP-CODE
        S| PIPELINING
        S| EXPIRE NEVER
        S| UIDL
        S| UTF8 USER
        S| LANG
        S| IMPLEMENTATION mailspec-${version}
        S: .
        ";
    Scene::new(&[]).await.connected().await.follow_to_the_end(transcript).await;
}

/// With USER and PASS where the example has APOP.
#[tokio::test]
async fn section_8_in_use() {
    let scene = Scene::new(&[]).await;
    let _held = scene.open().await;
    let transcript = r"
        C: USER alice
        S: +OK ...
        C: PASS alice-secret
        S: -ERR [IN-USE] ...
        ";
    scene.connected().await.follow_to_the_end(transcript).await;
}
