//! The outgoing queue at work: which server a message goes to ([`route`]), the client's side
//! of SMTP ([`client`]), when to try again ([`schedule`]), and what the sender is told
//! ([`report`]). What waits is kept by the store; who may send is the sessions' affair.

mod client;
mod clock;
mod notice;
mod outcome;
mod reply;
mod report;
mod route;
mod schedule;
mod worker;

use std::sync::{PoisonError, RwLock};

use tokio::sync::Notify;

pub use clock::Clock;
pub(crate) use notice::{Original, notices};
pub(crate) use outcome::Reason;
pub(crate) use report::{Action, Told};
pub(crate) use route::Routes;
pub use route::{NextHop, RelayTls};
pub use schedule::Schedule;
pub(crate) use worker::run;

/// What sessions and the worker share of the queue.
#[derive(Default)]
pub(crate) struct Outgoing {
    routes: RwLock<Routes>,
    /// When to try again, and when to give up.
    pub(crate) schedule: Schedule,
    /// The time that the queue goes by.
    pub(crate) clock: Clock,
    /// Rung when there is new work.
    pub(crate) bell: Notify,
}

impl Outgoing {
    /// A queue that goes by these.
    pub(crate) fn new(routes: Routes, schedule: Schedule, clock: Clock) -> Self {
        Self { routes: RwLock::new(routes), schedule, clock, bell: Notify::new() }
    }

    /// Where mail for this domain goes.
    pub(crate) fn route(&self, domain: &str) -> Option<NextHop> {
        self.routes.read().unwrap_or_else(PoisonError::into_inner).find(domain).cloned()
    }

    /// Is there a way to this domain?
    pub(crate) fn relays_to(&self, domain: &str) -> bool {
        self.route(domain).is_some()
    }

    /// Adds a route.
    pub(crate) fn add_route(&self, domain: &str, hop: NextHop) {
        self.routes.write().unwrap_or_else(PoisonError::into_inner).add(domain, hop);
    }
}
