//! What peers are counted by.

use std::net::{IpAddr, Ipv6Addr};

/// An address; of IPv6 the network, in which one host may have as many addresses as it likes. Nothing of
/// this machine itself.
pub(crate) fn origin(peer: IpAddr) -> Option<IpAddr> {
    let origin = match peer.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            if address.is_loopback() {
                return None;
            } else {
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        }
        other => other,
    };
    (!origin.is_loopback()).then_some(origin)
}
