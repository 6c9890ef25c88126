//! RFC 5034, section 6: SASL. DIGEST-MD5 is a mechanism that the server does not have.

use super::Scene;

#[tokio::test]
async fn section_6_under_tls_with_the_first_response() {
    let scene = Scene::new(&["Subject: one\n\n"]).await;
    let mut peer = scene.opened();
    peer.follow(
        r"
        S: +OK mail.example.test ...
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
        C: STLS
        S: +OK ...
        ",
    )
    .await;
    let transcript = r"
        C: CAPA
        S: +OK ...
        S| TOP
        S| USER
        S| SASL SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN
        S| RESP-CODES
        S| AUTH-RESP-CODE
        S| PIPELINING
        S| EXPIRE NEVER
        S| UIDL
        S| UTF8 USER
        S| LANG
        S| IMPLEMENTATION mailspec-${version}
        S: .
        C: AUTH PLAIN AGFsaWNlAGFsaWNlLXNlY3JldA==
        S: +OK ...
        C: STAT
        S: +OK 1 16
        ";
    peer.start_tls(&scene.identity).await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_6_the_response_is_asked_for() {
    let transcript = r"
        C: AUTH PLAIN
        S: +\x20
        C: AGFsaWNlAGFsaWNlLXNlY3JldA==
        S: +OK ...
        ";
    Scene::new(&[]).await.connected().await.follow_to_the_end(transcript).await;
}
