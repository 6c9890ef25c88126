//! RFC 4959, section 4: the first response of a client in the AUTHENTICATE command. The examples
//! with EXTERNAL are of a mechanism that the server does not have.

use super::Scene;

#[tokio::test]
async fn section_4_with_the_first_response() {
    let transcript = r"
        C: C01 CAPABILITY
        S: * CAPABILITY IMAP4rev1 LITERAL+ STARTTLS AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-1 AUTH=PLAIN
           AUTH=LOGIN ${before} SASL-IR ${behind}
        S: C01 OK ...
        C: A01 AUTHENTICATE PLAIN AGFsaWNlAGFsaWNlLXNlY3JldA==
        S: A01 OK [CAPABILITY ${capabilities}] ...
        ";
    Scene::new().await.connected().await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_4_without_it() {
    let transcript = r"
        C: A01 AUTHENTICATE PLAIN
        S: +\x20
        C: AGFsaWNlAGFsaWNlLXNlY3JldA==
        S: A01 OK [CAPABILITY ${capabilities}] ...
        ";
    Scene::new().await.connected().await.follow_to_the_end(transcript).await;
}
