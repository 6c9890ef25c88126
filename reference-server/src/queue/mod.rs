//! The outgoing queue at work: which server a message goes to ([`route`], [`locate`]), the
//! client's side of SMTP ([`client`]), when to try again ([`schedule`]), and what the sender is told
//! ([`report`]). What waits is kept by the store; who may send is the sessions' affair.

mod abilities;
mod client;
mod clock;
mod content;
mod dns;
mod errand;
mod local;
mod locate;
mod needs;
mod notice;
mod outcome;
mod pool;
mod reply;
mod report;
mod route;
mod schedule;
mod settle;
mod transaction;
mod worker;

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

use crate::net::Anchors;

pub use clock::Clock;
use dns::{Dns, Exchanges};
pub(crate) use notice::{Original, notices};
pub(crate) use outcome::Reason;
use pool::Pool;
pub(crate) use report::{Action, Told};
pub(crate) use route::Routes;
pub use route::{NextHop, RelayTls};
pub(crate) use schedule::Next;
pub use schedule::Schedule;
pub(crate) use worker::run;

/// How long a client that names a recipient waits for the name server.
const SOON: Duration = Duration::from_secs(5);

/// How mail leaves this server, as its owner wants it.
#[derive(Debug, Clone)]
pub(crate) struct Relaying {
    /// The routes that are fixed.
    pub(crate) routes: Routes,
    /// When to try again, and when to give up.
    pub(crate) schedule: Schedule,
    /// The time that the queue goes by.
    pub(crate) clock: Clock,
    /// The name server that is asked where there is no route.
    pub(crate) resolver: Option<SocketAddr>,
    /// How long it is waited for, all attempts together.
    pub(crate) resolver_patience: Duration,
    /// The port of servers that it names.
    pub(crate) port: u16,
    /// Is TLS used towards them?
    pub(crate) tls: RelayTls,
    /// Whose certificates are believed, where they are verified.
    pub(crate) anchors: Option<Anchors>,
    /// For whom ETRN starts the queue; none: for everybody.
    pub(crate) nodes: Option<Vec<Permitted>>,
}

/// A node for which ETRN starts the queue (RFC 1985, sections 5.2 and 5.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Permitted {
    /// This one, and those below it.
    pub(crate) domain: String,
    /// From where it may be asked; none: from everywhere.
    pub(crate) clients: Vec<IpAddr>,
}

impl Permitted {
    fn fits(&self, domain: &str, client: IpAddr) -> bool {
        let below = domain.strip_suffix(self.domain.as_str()).is_some_and(|rest| rest.ends_with('.'));
        (domain == self.domain || below)
            && (self.clients.is_empty() || self.clients.contains(&client.to_canonical()))
    }
}

impl Default for Relaying {
    fn default() -> Self {
        Self {
            routes: Routes::default(),
            schedule: Schedule::default(),
            clock: Clock::default(),
            resolver: None,
            resolver_patience: Duration::from_secs(20),
            port: 25,
            anchors: None,
            nodes: None,
            tls: RelayTls::default(),
        }
    }
}

/// What sessions and the worker share of the queue.
pub(crate) struct Outgoing {
    routes: RwLock<Routes>,
    /// When to try again, and when to give up.
    pub(crate) schedule: Schedule,
    /// The time that the queue goes by.
    pub(crate) clock: Clock,
    /// Who is asked for the servers of a domain without a route; none: there is no way to it.
    dns: Option<Dns>,
    /// The port of servers that the DNS names.
    relay_port: u16,
    /// Is TLS used towards them?
    relay_tls: RelayTls,
    /// Where this server itself takes mail, by which it knows itself among them.
    own: OnceLock<Vec<SocketAddr>>,
    /// Whose certificates are believed, where they are verified.
    anchors: Option<Anchors>,
    /// For whom ETRN starts the queue; none: for everybody.
    nodes: Option<Vec<Permitted>>,
    /// Sessions that are kept.
    pool: Arc<Pool>,
    /// Rung when there is new work.
    pub(crate) bell: Notify,
}

impl Outgoing {
    /// A queue that goes by this.
    ///
    /// # Errors
    /// The text says what is wrong with the name server.
    pub(crate) fn new(relaying: Relaying) -> Result<Self, String> {
        let patience = relaying.resolver_patience;
        let dns = relaying.resolver.map(|server| Dns::at(server, patience)).transpose()?;
        Ok(Self::asking(relaying, dns))
    }

    fn asking(relaying: Relaying, dns: Option<Dns>) -> Self {
        Self {
            routes: RwLock::new(relaying.routes),
            schedule: relaying.schedule,
            clock: relaying.clock,
            dns,
            relay_port: relaying.port,
            relay_tls: relaying.tls,
            anchors: relaying.anchors,
            nodes: relaying.nodes,
            pool: Arc::default(),
            own: OnceLock::new(),
            bell: Notify::new(),
        }
    }

    /// Learns where this server itself takes mail.
    pub(crate) fn know_own(&self, addresses: Vec<SocketAddr>) {
        // Said once, before anything is sent.
        let _ = self.own.set(addresses);
    }

    /// Does this server itself take mail there?
    fn is_own(&self, address: SocketAddr) -> bool {
        self.own.get().into_iter().flatten().any(|own| {
            own.port() == address.port()
                && (own.ip() == address.ip() || (own.ip().is_unspecified() && address.ip().is_loopback()))
        })
    }

    /// May this client start what waits for the domain, in lower case?
    pub(crate) fn may_start(&self, domain: &str, client: IpAddr) -> bool {
        let Some(nodes) = &self.nodes else { return true };
        nodes.iter().any(|node| node.fits(domain, client))
    }

    /// The fixed route of this domain.
    pub(crate) fn route(&self, domain: &str) -> Option<NextHop> {
        self.routes.read().unwrap_or_else(PoisonError::into_inner).find(domain).cloned()
    }

    /// Is there a way to this domain?
    pub(crate) fn relays_to(&self, domain: &str) -> bool {
        self.dns.is_some() || self.route(domain).is_some()
    }

    /// Is this a domain that is known to take no mail (RFC 7505)? Asked while a client waits: what
    /// the name server does not say soon is left to the queue.
    pub(crate) async fn takes_no_mail(&self, domain: &str) -> bool {
        let Some(dns) = &self.dns else { return false };
        if self.route(domain).is_some() || domain.starts_with('[') {
            return false;
        }
        matches!(timeout(SOON, dns.exchanges(domain)).await, Ok(Ok(Exchanges::Null)))
    }

    /// Adds a route.
    pub(crate) fn add_route(&self, domain: &str, hop: NextHop) {
        self.routes.write().unwrap_or_else(PoisonError::into_inner).add(domain, hop);
    }
}

impl Default for Outgoing {
    fn default() -> Self {
        Self::asking(Relaying::default(), None)
    }
}
