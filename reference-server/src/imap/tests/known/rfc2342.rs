//! RFC 2342, section 5: NAMESPACE, for a server with personal mailboxes and those of other users.

use super::Scene;

#[tokio::test]
async fn example_5_1_one_personal_namespace() {
    let transcript = r#"
        C: A001 NAMESPACE
        S: * NAMESPACE (("" "/")) (("Other Users/" "/")) NIL
        S: A001 OK ...
    "#;
    Scene::new().await.authenticated().await.follow_to_the_end(transcript).await;
}

/// Example 5.5, with the prefix and delimiter that are told here.
#[tokio::test]
async fn example_5_5_the_prefix_and_delimiter_make_a_name() {
    let transcript = r#"
        C: A001 NAMESPACE
        S: * NAMESPACE (("" "/")) (("Other Users/" "/")) NIL
        S: A001 OK ...
        C: A002 CREATE "Work/Sent Mail"
        S: A002 OK [MAILBOXID (${id})] ...
    "#;
    Scene::new().await.authenticated().await.follow_to_the_end(transcript).await;
}
