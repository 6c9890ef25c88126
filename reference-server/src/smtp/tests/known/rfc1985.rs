//! RFC 1985, section 6: ETRN, for a node without mail that waits. 458 and 459 are of servers that
//! cannot start their queue or ask for a name.

use super::Scene;

/// A missing argument is 501 here, which RFC 5321, section 4.2.4, has for arguments.
#[tokio::test]
async fn section_6_etrn() {
    let transcript = r"
        C: ETRN
        S: 501 5.5.4 ...
        C: ETRN local_name
        S: 501 5.5.4 ...
        C: ETRN observatory.test
        S: 251 2.0.0 ...
        C: QUIT
        S: 221 2.0.0 ...
        S: the connection is closed
        ";
    Scene::new().await.greeted().await.follow_to_the_end(transcript).await;
}
