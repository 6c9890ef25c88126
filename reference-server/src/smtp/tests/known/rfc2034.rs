//! RFC 2034, section 6: a status beside each code, the same in all lines of a reply, and none beside
//! 220, 354 and what EHLO is told.

use super::Scene;

#[tokio::test]
async fn section_6_a_session() {
    let transcript = r"
        C: MAIL FROM:<ada@client.test>
        S: 250 2.1.0 ...
        C: RCPT TO:<alice@example.test>
        S: 250 2.1.5 ...
        C: RCPT TO:<nosuchuser@example.test>
        S: 550 5.1.1 ...
        C: RCPT TO:<remoteuser@elsewhere.test>
        S: 550 5.7.1 ...
        C: DATA
        S: 354 ...
        C: Subject: x
        C:
        C: .
        S: 250 2.0.0 ...
        C: QUIT
        S: 221 2.0.0 ...
        S: the connection is closed
        ";
    Scene::new().await.greeted().await.follow_to_the_end(transcript).await;
}
