//! RFC 5321: the scenarios of appendix D, and the examples of section 3. The second step of D.3,
//! from this server to the next, is in `tests/outgoing/relay.rs`.

use super::{HELLO, Scene, configured, inbox};
use crate::list::List;
use crate::service::Service;
use crate::smtp::serve;
use crate::testing::Peer;

#[tokio::test]
async fn scenario_d_1_a_transaction() {
    let scene = Scene::new().await;
    let mut peer = scene.opened();
    peer.follow(HELLO).await;
    let transcript = r"
        C: MAIL FROM:<ada@client.test>
        S: 250 2.1.0 ...
        C: RCPT TO:<alice@example.test>
        S: 250 2.1.5 ...
        C: RCPT TO:<green@example.test>
        S: 550 5.1.1 ...
        C: RCPT TO:<bob@example.test>
        S: 250 2.1.5 ...
        C: DATA
        S: 354 ...
        C: Subject: mirrors
        C:
        C: They are silvered.
        C: .
        S: 250 2.0.0 ...
        C: QUIT
        S: 221 2.0.0 ...
        S: the connection is closed
        ";
    peer.follow_to_the_end(transcript).await;
    for who in ["alice@example.test", "bob@example.test"] {
        let [message] = inbox(&scene.shared, who).await.try_into().unwrap();
        assert!(message.ends_with("Subject: mirrors\r\n\r\nThey are silvered.\r\n"), "{message}");
    }
}

#[tokio::test]
async fn scenario_d_2_a_transaction_that_is_given_up() {
    let scene = Scene::new().await;
    let mut peer = scene.opened();
    peer.follow(HELLO).await;
    let transcript = r"
        C: MAIL FROM:<ada@client.test>
        S: 250 2.1.0 ...
        C: RCPT TO:<alice@example.test>
        S: 250 2.1.5 ...
        C: RCPT TO:<green@example.test>
        S: 550 5.1.1 ...
        C: RSET
        S: 250 2.0.0 ...
        C: QUIT
        S: 221 2.0.0 ...
        S: the connection is closed
        ";
    peer.follow_to_the_end(transcript).await;
    assert!(inbox(&scene.shared, "alice@example.test").await.is_empty());
}

/// Step 1: this server takes what is for another domain, from users alone.
#[tokio::test]
async fn scenario_d_3_mail_to_be_relayed() {
    let scene = Scene::new().await;
    let transcript = r"
        C: MAIL FROM:<alice@example.test>
        S: 250 2.1.0 ...
        C: RCPT TO:<jo@xyz.test>
        S: 250 2.1.5 ...
        C: DATA
        S: 354 ...
        C: Date: Thu, 1 Feb 2024 10:00:00 +0000
        C: From: Alice <alice@example.test>
        C: Subject: the next meeting
        C: To: jo@xyz.test
        C:
        C: Jo:
        C: We meet on Friday.
        C: .
        S: 250 2.0.0 ...
        C: QUIT
        S: 221 2.0.0 ...
        S: the connection is closed
        ";
    scene.submitting().await.follow_to_the_end(transcript).await;
    let to_anybody = r"
        C: MAIL FROM:<ada@client.test>
        S: 250 2.1.0 ...
        C: RCPT TO:<jo@xyz.test>
        S: 550 5.7.1 ...
        ";
    scene.greeted().await.follow_to_the_end(to_anybody).await;
}

/// Section 3.5.1 (and scenario D.4 of RFC 2821): who that is, and then mail to that address.
#[tokio::test]
async fn verifying_and_sending() {
    let scene = Scene::new().await;
    let transcript = r"
        C: VRFY alice
        S: 250 2.1.5 <${address}>
        C: MAIL FROM:<ada@client.test>
        S: 250 2.1.0 ...
        C: RCPT TO:<${address}>
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
    scene.greeted().await.follow_to_the_end(transcript).await;
    assert_eq!(inbox(&scene.shared, "alice@example.test").await.len(), 1);
}

/// Section 3.5.2: a list has members, and what is none has none.
#[tokio::test]
async fn section_3_5_2_expn() {
    let shared = configured(|shared| {
        shared.lists.push(List {
            address: "mirrors@example.test".to_owned(),
            owner: "alice@example.test".to_owned(),
            members: ["alice@example.test", "bob@example.test", "ada@client.test"]
                .map(str::to_owned)
                .to_vec(),
        });
    })
    .await;
    let mut peer = Peer::open(&shared, Service::Smtp, serve);
    peer.follow(HELLO).await;
    let transcript = r"
        C: EXPN mirrors
        S: 250-2.1.5 <alice@example.test>
        S: 250-2.1.5 <bob@example.test>
        S: 250 2.1.5 <ada@client.test>
        C: EXPN washroom
        S: 550 5.1.1 ...
        ";
    peer.follow_to_the_end(transcript).await;
}
