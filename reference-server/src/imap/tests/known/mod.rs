//! The examples of the RFCs as known answers: a file for each RFC, a test for each example. The
//! commands, the kind and order of the responses and their codes are the RFC's; the mailboxes and
//! messages are ours. How a transcript is read is told in `testing/transcript.rs`; `table` says which RFC
//! has its examples where.

mod rfc2177;
mod rfc2342;
mod rfc2971;
mod rfc3348;
mod rfc3501;
mod rfc3501_session;
mod rfc3502;
mod rfc3691;
mod rfc4314;
mod rfc4315;
mod rfc4469;
mod rfc4731;
mod rfc4959;
mod rfc4978;
mod rfc5032;
mod rfc5161;
mod rfc5182;
mod rfc5256;
mod rfc5258;
mod rfc5267;
mod rfc5464;
mod rfc5465;
mod rfc5530;
mod rfc5819;
mod rfc6154;
mod rfc6851;
mod rfc6858;
mod rfc7162;
mod rfc7162_qresync;
mod rfc7888;
mod rfc7889;
mod rfc8438;
mod rfc8440;
mod rfc8474;
mod rfc8508;
mod rfc8514;
mod rfc8970;
mod rfc9051;
mod rfc9208;
mod rfc9394;
mod rfc9590;
mod table;

use std::sync::Arc;

use crate::context::Shared;
use crate::imap;
use crate::net::Identity;
use crate::service::Service;
use crate::testing::{Peer, shared};

/// The date at which messages came that say no other.
const CAME: &str = "14-Feb-2024 09:30:00 +0100";

/// A server with what an example needs, all of it alice's.
struct Scene {
    shared: Arc<Shared>,
    identity: Identity,
}

impl Scene {
    async fn new() -> Self {
        let (shared, identity) = shared(&[]).await;
        Self { shared, identity }
    }

    /// The same, with the server set up otherwise.
    async fn with(change: impl FnOnce(&mut Shared)) -> Self {
        let Self { shared, identity } = Self::new().await;
        let mut shared = Arc::into_inner(shared).unwrap();
        change(&mut shared);
        Self { shared: Arc::new(shared), identity }
    }

    /// A mailbox with messages, none of them recent: the flags of each, and its lines.
    async fn mailbox(self, name: &str, messages: &[(&str, &str)]) -> Self {
        let mut peer = self.authenticated().await;
        if name != "INBOX" {
            peer.follow(&format!("C: s CREATE {name}\nS: s OK [MAILBOXID (${{id}})] ...")).await;
        }
        for (flags, message) in messages {
            put(&mut peer, name, flags, CAME, message).await;
        }
        peer.send(format!("s SELECT {name}\r\ns LOGOUT\r\n")).await;
        while !peer.line().await.starts_with("* BYE ") {}
        self
    }

    /// A mailbox that is there, and messages for it whose header fields may be in UTF-8.
    async fn mailbox_in_utf8(self, name: &str, messages: &[(&str, &str)]) -> Self {
        let mut peer = self.authenticated().await;
        quietly(&mut peer, "ENABLE UTF8=ACCEPT").await;
        for (flags, message) in messages {
            put(&mut peer, name, flags, CAME, message).await;
        }
        self
    }

    /// Messages by their flags alone.
    async fn flagged(self, name: &str, flags: &[&str]) -> Self {
        let messages: Vec<_> = flags.iter().map(|flags| (*flags, "Subject: a\n\nb\n")).collect();
        self.mailbox(name, &messages).await
    }

    /// Another message, that nobody has seen yet.
    async fn arrives(&self, name: &str, flags: &str, message: &str) {
        self.arrives_on(CAME, name, flags, message).await;
    }

    /// The same, at another date.
    async fn arrives_on(&self, date: &str, name: &str, flags: &str, message: &str) {
        let mut peer = self.authenticated().await;
        put(&mut peer, name, flags, date, message).await;
    }

    /// A connection before its greeting.
    fn opened(&self) -> Peer {
        Peer::open(&self.shared, Service::Imap, imap::serve)
    }

    /// Not authenticated.
    async fn connected(&self) -> Peer {
        let mut peer = self.opened();
        peer.follow("S: * OK ...").await;
        peer
    }

    async fn authenticated(&self) -> Peer {
        self.authenticated_as("alice").await
    }

    async fn authenticated_as(&self, name: &str) -> Peer {
        let mut peer = self.connected().await;
        peer.follow(&format!("C: s LOGIN {name} {name}-secret\nS: s OK ...")).await;
        peer
    }

    async fn selected(&self, name: &str) -> Peer {
        let mut peer = self.authenticated().await;
        quietly(&mut peer, &format!("SELECT {name}")).await;
        peer
    }
}

/// A command that succeeds, whatever else it is answered.
async fn quietly(peer: &mut Peer, command: &str) {
    peer.send(format!("s {command}\r\n")).await;
    loop {
        let line = peer.line().await;
        if line.starts_with("s ") {
            return assert!(line.starts_with("s OK "), "{command}: {line}");
        }
        assert_ne!(line, "", "{command}");
    }
}

async fn put(peer: &mut Peer, name: &str, flags: &str, date: &str, message: &str) {
    let message = message.replace('\n', "\r\n");
    let size = message.len();
    quietly(peer, &format!("APPEND {name} ({flags}) \"{date}\" {{{size}+}}\r\n{message}")).await;
}
