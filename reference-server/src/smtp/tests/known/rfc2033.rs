//! RFC 2033, section 4.2: LMTP, one reply for each recipient that was taken.

use super::{Scene, inbox};
use crate::service::Service;
use crate::store::Quota;

/// Bob has no room for what is in the message.
#[tokio::test]
async fn section_4_2_a_reply_for_each_recipient() {
    let scene = Scene::new().await;
    let bob = scene.shared.store.account("bob@example.test").await.unwrap().unwrap().id;
    let quota = Quota { storage: Some(0), messages: None, mailboxes: None };
    let mut peer = scene.opened_at(Service::Lmtp);
    peer.follow(
        r"
        S: 220 mail.example.test ...
        C: LHLO client.test
        S: 250-mail.example.test ...
        S| 250-PIPELINING
        S| 250-SIZE 100000
        S| 250-8BITMIME
        S| 250-BINARYMIME
        S| 250-SMTPUTF8
        S| 250-ENHANCEDSTATUSCODES
        S| 250-CHUNKING
        S| 250-STARTTLS
        S| 250-VRFY
        S| 250-EXPN
        S| 250-HELP
        S| 250 LIMITS RCPTMAX=100
        C: MAIL FROM:<ada@client.test>
        S: 250 2.1.0 ...
        C: RCPT TO:<alice@example.test>
        S: 250 2.1.5 ...
        C: RCPT TO:<jones@example.test>
        S: 550 5.1.1 ...
        C: RCPT TO:<bob@example.test>
        S: 250 2.1.5 ...
        C: DATA
        S: 354 ...
        ",
    )
    .await;
    scene.shared.store.set_quota(bob, quota).await.unwrap();
    let transcript = r"
        C: Subject: mirrors
        C:
        C: They are silvered.
        C: .
        S: 250 2.0.0 ...
        S: 452 4.2.2 ...
        C: QUIT
        S: 221 2.0.0 ...
        S: the connection is closed
        ";
    peer.follow_to_the_end(transcript).await;
    assert_eq!(inbox(&scene.shared, "alice@example.test").await.len(), 1);
    assert!(inbox(&scene.shared, "bob@example.test").await.is_empty());
}
