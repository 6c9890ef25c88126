//! RFC 2971, sections 3.1 and 3.2: ID.

use super::Scene;

#[tokio::test]
async fn section_3_1_and_3_2_id() {
    let transcript = r#"
        C: a023 ID ("name" "ferrier" "version" "3.1" "vendor" "Workshop")
        S: * ID ("name" "${name}" "version" "${version}")
        S: a023 OK ...
        C: a042 ID NIL
        S: * ID ("name" "${name}" "version" "${version}")
        S: a042 OK ...
    "#;
    Scene::new().await.connected().await.follow_to_the_end(transcript).await;
}
