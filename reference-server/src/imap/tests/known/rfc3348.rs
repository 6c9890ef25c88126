//! RFC 3348, section 3: what LIST tells of children.

use super::Scene;

#[tokio::test]
async fn section_3_has_children_and_has_none() {
    let scene = Scene::new().await.flagged("trees/oak", &[]).await.flagged("plans", &[]).await;
    let transcript = r#"
        C: A001 LIST "" *
        S| * LIST (\HasNoChildren) "/" INBOX
        S| * LIST (\HasNoChildren) "/" plans
        S| * LIST (\HasChildren) "/" trees
        S| * LIST (\HasNoChildren) "/" trees/oak
        S: A001 OK ...
    "#;
    scene.authenticated().await.follow_to_the_end(transcript).await;
}
