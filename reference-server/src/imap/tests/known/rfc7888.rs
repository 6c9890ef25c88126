//! RFC 7888, section 4: literals that do not wait.

use std::sync::Arc;

use super::Scene;

#[tokio::test]
async fn section_4_login() {
    let scene = Scene::new().await;
    let shared = Arc::clone(&scene.shared);
    shared.authenticator.put_account("fred foobar@example.test", "a fat cat").await.unwrap();
    let transcript = r"
        C: A001 LOGIN {11+}
        C: fred foobar {9+}
        C: a fat cat
        S: A001 OK [CAPABILITY ${capabilities}] ...
        ";
    scene.connected().await.follow_to_the_end(transcript).await;
    let quoted = "C: A001 LOGIN \"fred foobar\" \"a fat cat\"\nS: A001 OK [CAPABILITY ${capabilities}] ...";
    scene.connected().await.follow_to_the_end(quoted).await;
}
