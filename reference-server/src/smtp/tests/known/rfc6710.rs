//! RFC 6710, section 5 (and the parameters of RFC 2852 and RFC 3461 beside it): a priority, a
//! deadline, and reports. What is said to the next server is in `tests/outgoing/`.

use super::Scene;

#[tokio::test]
async fn a_submission_with_a_priority() {
    let transcript = r"
        C: MAIL FROM:<alice@example.test> BY=125;R ENVID=QQ314159 MT-PRIORITY=3
        S: 250 2.1.0 ...
        C: RCPT TO:<bob@example.test>
        S: 250 2.1.5 ...
        C: RCPT TO:<dana@ivory.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Dana@ivory.test
        S: 250 2.1.5 ...
        C: DATA
        S: 354 ...
        C: Subject: mirrors
        C:
        C: .
        S: 250 2.0.0 ...
        C: QUIT
        S: 221 2.0.0 ...
        S: the connection is closed
        ";
    Scene::new().await.submitting().await.follow_to_the_end(transcript).await;
}
