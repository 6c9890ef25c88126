//! RFC 2920, section 4: the same with and without pipelining.

use super::{HELLO, Scene};

#[tokio::test]
async fn section_4_without_pipelining() {
    let transcript = r"
        S: 220 mail.example.test ...
        C: HELO client.test
        S: 250 mail.example.test
        C: MAIL FROM:<ada@client.test>
        S: 250 2.1.0 ...
        C: RCPT TO:<alice@example.test>
        S: 250 2.1.5 ...
        C: RCPT TO:<bob@example.test>
        S: 250 2.1.5 ...
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
    Scene::new().await.opened().follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_4_with_pipelining() {
    let mut peer = Scene::new().await.opened();
    peer.follow(HELLO).await;
    let transcript = r"
        C: MAIL FROM:<ada@client.test>
        C: RCPT TO:<alice@example.test>
        C: RCPT TO:<bob@example.test>
        C: DATA
        S: 250 2.1.0 ...
        S: 250 2.1.5 ...
        S: 250 2.1.5 ...
        S: 354 ...
        C: Subject: x
        C:
        C: .
        C: QUIT
        S: 250 2.0.0 ...
        S: 221 2.0.0 ...
        S: the connection is closed
        ";
    peer.follow_to_the_end(transcript).await;
}

/// The server of the example says 554 where this one says 503 (RFC 5321, section 3.3, has both).
#[tokio::test]
async fn section_4_data_without_a_recipient() {
    let transcript = r"
        C: MAIL FROM:<ada@client.test>
        C: RCPT TO:<jo@elsewhere.test>
        C: RCPT TO:<karl@elsewhere.test>
        C: DATA
        S: 250 2.1.0 ...
        S: 550 5.7.1 ...
        S: 550 5.7.1 ...
        S: 503 5.5.1 ...
        C: QUIT
        S: 221 2.0.0 ...
        S: the connection is closed
        ";
    Scene::new().await.greeted().await.follow_to_the_end(transcript).await;
}
