//! RFC 3206, section 5: the code of credentials that are wrong. There is no example of it in the
//! RFC; this is what its text says.

use super::Scene;

#[tokio::test]
async fn section_5_auth() {
    let transcript = r"
        C: USER alice
        S: +OK ...
        C: PASS wrong
        S: -ERR [AUTH] ...
        C: AUTH PLAIN AGFsaWNlAHdyb25n
        S: -ERR [AUTH] ...
        ";
    Scene::new(&[]).await.connected().await.follow_to_the_end(transcript).await;
}
