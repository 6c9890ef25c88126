//! The examples of the RFCs as known answers: a file for each RFC, a test for each example. The
//! commands, the codes and the number of lines are the RFC's; names and messages are ours. What the
//! server itself says to a next hop is in `tests/outgoing/`. How a transcript is read is told in
//! `testing/transcript.rs`.

mod rfc1870;
mod rfc1985;
mod rfc2033;
mod rfc2034;
mod rfc2920;
mod rfc3030;
mod rfc3461;
mod rfc4954;
mod rfc5321;
mod rfc6531;
mod rfc6710;

use std::sync::Arc;

use super::{configured, inbox};
use crate::context::Shared;
use crate::net::Identity;
use crate::queue::{NextHop, Outgoing, Relaying, Routes};
use crate::service::Service;
use crate::smtp::serve;
use crate::testing::{Peer, shared};

/// The greeting, EHLO, and all that is offered.
const HELLO: &str = r"
    S: 220 mail.example.test ...
    C: EHLO client.test
    S: 250-mail.example.test ...
    S| 250-PIPELINING
    S| 250-SIZE 100000
    S| 250-8BITMIME
    S| 250-BINARYMIME
    S| 250-SMTPUTF8
    S| 250-ENHANCEDSTATUSCODES
    S| 250-DSN
    S| 250-CHUNKING
    S| 250-STARTTLS
    S| 250-AUTH SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN
    S| 250-DELIVERBY
    S| 250-MT-PRIORITY
    S| 250-ETRN
    S| 250-VRFY
    S| 250-EXPN
    S| 250-HELP
    S| 250 LIMITS RCPTMAX=100
    ";

/// A server that knows alice and bob, and a way to some domains; nothing is sent there.
struct Scene {
    shared: Arc<Shared>,
    identity: Identity,
}

impl Scene {
    async fn new() -> Self {
        let (shared, identity) = shared(&[]).await;
        let mut shared = Arc::into_inner(shared).unwrap();
        let mut routes = Routes::default();
        for domain in ["xyz.test", "ivory.test", "bombs.test"] {
            routes.add(domain, NextHop::new("127.0.0.1", 9));
        }
        shared.outgoing = Outgoing::new(Relaying { routes, ..Relaying::default() }).unwrap();
        Self { shared: Arc::new(shared), identity }
    }

    /// A connection before its greeting.
    fn opened(&self) -> Peer {
        self.opened_at(Service::Smtp)
    }

    fn opened_at(&self, service: Service) -> Peer {
        Peer::open(&self.shared, service, serve)
    }

    /// After EHLO.
    async fn greeted(&self) -> Peer {
        let mut peer = self.opened();
        peer.follow(HELLO).await;
        peer
    }

    /// Alice, logged in where users submit their mail.
    async fn submitting(&self) -> Peer {
        let mut peer = Peer::greeted(&self.shared, Service::Submission).await;
        peer.follow("C: AUTH PLAIN AGFsaWNlAGFsaWNlLXNlY3JldA==\nS: 235 2.7.0 ...").await;
        peer
    }
}
