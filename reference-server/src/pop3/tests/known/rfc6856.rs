//! RFC 6856, section 3.3: LANG, by a server whose texts are in one language.

use super::Scene;

#[tokio::test]
async fn section_3_3_lang() {
    let transcript = r"
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
    Scene::new(&[]).await.open().await.follow_to_the_end(transcript).await;
}
