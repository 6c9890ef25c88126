//! RFC 1870, section 8: SIZE. This server knows how large a mailbox may become and refuses when the
//! message is there (452); what is too large for everybody it refuses at MAIL (552).

use super::{Scene, inbox};
use crate::store::Quota;

#[tokio::test]
async fn section_8_sizes_that_are_told() {
    let scene = Scene::new().await;
    let bob = scene.shared.store.account("bob@example.test").await.unwrap().unwrap().id;
    let quota = Quota { storage: None, messages: Some(0), mailboxes: None };
    scene.shared.store.set_quota(bob, quota).await.unwrap();
    let transcript = r"
        C: MAIL FROM:<ada@client.test> SIZE=100001
        S: 552 5.3.4 ...
        C: MAIL FROM:<ada@client.test> SIZE=50000
        S: 250 2.1.0 ...
        C: RCPT TO:<alice@example.test>
        S: 250 2.1.5 ...
        C: RCPT TO:<bob@example.test>
        S: 452 4.2.2 ...
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
