//! Who may hold how many connections: all together, and each address its share, so that one host
//! does not take them from everybody else.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::limits::Limits;
use crate::origin::origin;

/// Connections that are open.
#[derive(Debug)]
pub(crate) struct Slots {
    limit: usize,
    each: usize,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_origin: HashMap<IpAddr, usize>,
}

/// The place of one connection; free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    slots: Arc<Slots>,
    origin: Option<IpAddr>,
}

impl Slots {
    /// As many as the limits say.
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        let (limit, each) = (limits.connections, limits.address_connections);
        Arc::new(Self { limit, each, open: Mutex::default() })
    }

    /// A place for a connection from this address, if there is one. This machine's own are counted
    /// among all, and have no share of their own.
    pub(crate) fn take(self: &Arc<Self>, peer: IpAddr) -> Option<Slot> {
        let origin = origin(peer);
        let mut open = self.lock();
        let held = origin.and_then(|origin| open.by_origin.get(&origin)).copied().unwrap_or(0);
        if open.all >= self.limit || held >= self.each {
            return None;
        }
        open.all = open.all.saturating_add(1);
        if let Some(origin) = origin {
            open.by_origin.insert(origin, held.saturating_add(1));
        }
        Some(Slot { slots: Arc::clone(self), origin })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.slots.lock();
        open.all = open.all.saturating_sub(1);
        let Some(origin) = self.origin else { return };
        match open.by_origin.get_mut(&origin) {
            Some(held) if *held > 1 => *held = held.saturating_sub(1),
            _ => drop(open.by_origin.remove(&origin)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(connections: usize, address_connections: usize) -> Arc<Slots> {
        Slots::new(&Limits { connections, address_connections, ..Limits::default() })
    }

    fn peer(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_leaves_room_for_others_and_gets_back_what_it_gives() {
        let slots = slots(10, 3);
        let mut held: Vec<_> = (0..3).map(|_| slots.take(peer("192.0.2.1")).unwrap()).collect();
        assert!(slots.take(peer("192.0.2.1")).is_none());
        assert!(slots.take(peer("::ffff:192.0.2.1")).is_none(), "it is the same");
        let other = slots.take(peer("192.0.2.2")).unwrap();
        held.pop();
        assert!(slots.take(peer("192.0.2.1")).is_some());
        drop((held, other));
        let open = slots.lock();
        assert!(open.all == 0 && open.by_origin.is_empty(), "nothing is kept of who is gone: {open:?}");
    }

    #[test]
    fn a_network_of_ipv6_is_one_and_this_machine_has_no_share() {
        let slots = slots(10, 3);
        let held: Vec<_> =
            (0..5).filter_map(|number| slots.take(peer(&format!("2001:db8::{number}")))).collect();
        assert_eq!(held.len(), 3);
        let own: Vec<_> = (0..20).filter_map(|_| slots.take(peer("127.0.0.1"))).collect();
        assert_eq!(own.len(), 7, "all that there are");
    }
}
