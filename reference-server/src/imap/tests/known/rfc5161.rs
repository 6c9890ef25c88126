//! RFC 5161, section 3.1: ENABLE.

use super::Scene;

/// What cannot be enabled is passed over; what can be is told.
#[tokio::test]
async fn section_3_1_enable() {
    let transcript = r"
        C: t1 CAPABILITY
        S: * CAPABILITY ${before}
        S: t1 OK ...
        C: t2 ENABLE CONDSTORE X-GOOD-IDEA
        S: * ENABLED CONDSTORE
        S: t2 OK ...
        C: t3 CAPABILITY
        S: * CAPABILITY ${before}
        S: t3 OK ...
        ";
    Scene::new().await.authenticated().await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_3_1_condstore() {
    let transcript = "C: a1 ENABLE CONDSTORE\nS: * ENABLED CONDSTORE\nS: a1 OK ...";
    Scene::new().await.authenticated().await.follow_to_the_end(transcript).await;
}
