//! RFC 6856, section 3.3: LANG, by a server whose texts are in one language, and which can list it. (Of
//! UTF8, section 2, no exchange is printed.)

use super::Scene;

#[tokio::test]
async fn section_3_3_lang() {
    let transcript = r"
        C: USER alice
        S: +OK ...
        C: PASS alice-secret
        S: +OK ...
        C: LANG MUL
        S: -ERR ...
        C: LANG
        S: +OK ...
        S: en English
        S: .
        C: LANG en
        S: +OK en ...
        C: LANG uga
        S: -ERR ...
        C: LANG *
        S: +OK en ...
        ";
    Scene::new(&[]).await.connected().await.follow_to_the_end(transcript).await;
}
