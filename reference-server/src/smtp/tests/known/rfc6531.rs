//! RFC 6531, sections 3.4 and 3.5: an address that is not ASCII. The RFC prints no session; this is
//! the one that its text describes.

use std::sync::Arc;

use super::{HELLO, Scene, inbox};

#[tokio::test]
async fn section_3_an_address_in_utf8() {
    let Scene { shared, identity } = Scene::new().await;
    let mut shared = Arc::into_inner(shared).unwrap();
    shared.domains.push("bücher.example".to_owned());
    let (store, domains) = (shared.store.clone(), shared.domains.clone());
    shared.authenticator = crate::auth::Authenticator::new(store, domains, Arc::default()).unwrap();
    shared.authenticator.put_account("zoë@bücher.example", "x").await.unwrap();
    let scene = Scene { shared: Arc::new(shared), identity };
    let mut peer = scene.opened();
    peer.follow(HELLO).await;
    let transcript = r"
        C: MAIL FROM:<ζωή@client.test>
        S: 550 5.6.7 ...
        C: MAIL FROM:<ζωή@client.test> SMTPUTF8 BODY=8BITMIME
        S: 250 2.1.0 ...
        C: RCPT TO:<zoë@bücher.example>
        S: 250 2.1.5 ...
        C: DATA
        S: 354 ...
        C: From: ζωή@client.test
        C: Subject: Καλημέρα
        C:
        C: .
        S: 250 2.0.0 ...
        C: QUIT
        S: 221 2.0.0 ...
        S: the connection is closed
        ";
    peer.follow_to_the_end(transcript).await;
    let [message] = inbox(&scene.shared, "zoë@bücher.example").await.try_into().unwrap();
    assert!(
        message.contains(" with UTF8SMTP id ") && message.contains("\r\nSubject: Καλημέρα\r\n"),
        "{message}"
    );
}
