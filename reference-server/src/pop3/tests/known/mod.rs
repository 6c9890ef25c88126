//! The examples of the RFCs as known answers: a file for each RFC, a test for each example. The
//! commands, the kind and order of the replies and what programs read of them are the RFC's; the
//! messages are ours. How a transcript is read is told in `testing/transcript.rs`.

mod rfc1939;
mod rfc2449;
mod rfc2595;
mod rfc3206;
mod rfc5034;
mod rfc6856;
mod table;

use std::sync::Arc;

use crate::context::Shared;
use crate::net::Identity;
use crate::pop3;
use crate::service::Service;
use crate::store::NewMessage;
use crate::testing::{Peer, shared};

/// A server with what an example needs in alice's maildrop.
struct Scene {
    shared: Arc<Shared>,
    identity: Identity,
}

impl Scene {
    /// These messages, by their lines.
    async fn new(messages: &[&str]) -> Self {
        let (shared, identity) = shared(&[]).await;
        let scene = Self { shared, identity };
        for message in messages {
            scene.arrives(message).await;
        }
        scene
    }

    async fn arrives(&self, message: &str) {
        let alice = self.shared.store.account("alice@example.test").await.unwrap().unwrap().id;
        let message = message.replace('\n', "\r\n");
        self.shared.store.deliver(vec![alice], NewMessage::received(message.as_bytes())).await.unwrap();
    }

    /// A connection before its greeting.
    fn opened(&self) -> Peer {
        Peer::open(&self.shared, Service::Pop3, pop3::serve)
    }

    /// In the AUTHORIZATION state.
    async fn connected(&self) -> Peer {
        let mut peer = self.opened();
        peer.follow("S: +OK ...").await;
        peer
    }

    /// In the TRANSACTION state.
    async fn open(&self) -> Peer {
        let mut peer = self.connected().await;
        peer.follow("C: USER alice\nS: +OK ...\nC: PASS alice-secret\nS: +OK ...").await;
        peer
    }
}
