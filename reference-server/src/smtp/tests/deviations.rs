//! Deviations, as they show on the wire.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::inbox;
use crate::service::Service;
use crate::testing::{Peer, shared};

#[tokio::test]
async fn deviations_show_on_the_wire() {
    let (dots, _) = shared(&["smtp-dot-kept"]).await;
    let mut peer = Peer::greeted(&dots, Service::Smtp).await;
    peer.talk(&[
        ("MAIL FROM:<>", "250 "),
        ("RCPT TO:<bob@example.test>", "250 "),
        ("DATA", "354 "),
        ("..\r\n.", "250 "),
    ])
    .await;
    assert!(inbox(&dots, "bob@example.test").await[0].ends_with("\r\n..\r\n"));

    let (order, _) = shared(&["smtp-order-ignored", "auth-any-password"]).await;
    let mut peer = Peer::greeted(&order, Service::Smtp).await;
    peer.talk(&[
        (&format!("AUTH PLAIN {}", STANDARD.encode("\0alice\0wrong")), "235 "),
        ("RCPT TO:<bob@example.test>", "250 "),
        ("DATA", "354 "),
        ("x\r\n.", "250 "),
    ])
    .await;
}
