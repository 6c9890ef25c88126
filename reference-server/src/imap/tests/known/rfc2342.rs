//! RFC 2342, section 5: NAMESPACE, for a server with personal mailboxes and those of other users.
//! Examples 5.2 to 5.4, 5.6, 5.8 and 5.9 are of servers with other namespaces, or with names that are
//! not shown.

use super::{Scene, quietly};

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

/// Those of others that may be seen are found below the prefix.
#[tokio::test]
async fn example_5_7_other_users() {
    let scene = Scene::new().await.flagged("Work", &[]).await;
    quietly(&mut scene.authenticated().await, "SETACL Work bob lr").await;
    let transcript = r#"
        C: A001 NAMESPACE
        S: * NAMESPACE (("" "/")) (("Other Users/" "/")) NIL
        S: A001 OK ...
        C: A002 LIST "" "Other Users/%"
        S: * LIST (\Noselect \HasChildren) "/" "Other Users/alice"
        S: A002 OK ...
    "#;
    scene.authenticated_as("bob").await.follow_to_the_end(transcript).await;
}
