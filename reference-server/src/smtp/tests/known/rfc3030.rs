//! RFC 3030, section 4: CHUNKING and BINARYMIME.

use super::{Scene, inbox};

#[tokio::test]
async fn section_4_1_one_chunk() {
    let scene = Scene::new().await;
    let transcript = r"
        C: MAIL FROM:<ada@client.test>
        S: 250 2.1.0 ...
        C: RCPT TO:<alice@example.test>
        S: 250 2.1.5 ...
        C: BDAT 68 LAST
        C: To: alice@example.test
        C: From: ada@client.test
        C: Subject: no body
        S: 250 2.0.0 ...
        C: QUIT
        S: 221 2.0.0 ...
        S: the connection is closed
        ";
    let size = "To: alice@example.test\r\nFrom: ada@client.test\r\nSubject: no body\r\n".len();
    let transcript = transcript.replace("68", &size.to_string());
    scene.greeted().await.follow_to_the_end(&transcript).await;
    let [message] = inbox(&scene.shared, "alice@example.test").await.try_into().unwrap();
    assert!(message.ends_with("\r\nSubject: no body\r\n"), "{message}");
}

/// Each chunk is answered, the last without octets.
#[tokio::test]
async fn section_4_2_a_binary_message_in_chunks() {
    let scene = Scene::new().await;
    let transcript = r"
        C: MAIL FROM:<ada@client.test> BODY=BINARYMIME
        C: RCPT TO:<alice@example.test>
        C: RCPT TO:<bob@example.test>
        S: 250 2.1.0 ...
        S: 250 2.1.5 ...
        S: 250 2.1.5 ...
        C: BDAT 79
        C: MIME-Version: 1.0
        C: Content-Type: image/png
        C: Content-Transfer-Encoding: binary
        C: BDAT 7
        C:
        C: \x00\x0a\x01
        C: BDAT 0 LAST
        S: 250 2.0.0 79 ...
        S: 250 2.0.0 7 ...
        S: 250 2.0.0 ...
        C: QUIT
        S: 221 2.0.0 ...
        S: the connection is closed
        ";
    let head = "MIME-Version: 1.0\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n";
    let transcript = transcript.replace("79", &head.len().to_string());
    scene.greeted().await.follow_to_the_end(&transcript).await;
    for who in ["alice@example.test", "bob@example.test"] {
        let [message] = inbox(&scene.shared, who).await.try_into().unwrap();
        assert!(message.ends_with("binary\r\n\r\n\0\n\x01\r\n"), "{message:?}");
    }
}
