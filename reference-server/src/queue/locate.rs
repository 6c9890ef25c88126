//! Which servers are tried for a domain, in which order (RFC 5321, section 5.1): the static
//! route, an address literal, or the MX records. Connecting is done elsewhere.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};
use tokio::time::timeout;

use super::dns::{Dns, Exchange, Exchanges, NoAnswer};
use super::outcome::{Outcome, Reason};
use super::route::NextHop;
use crate::context::Shared;

/// Addresses that are tried for one message (RFC 5321, section 5.1: a limit may be, of two or
/// more).
const ADDRESSES: usize = 10;
/// Hosts whose addresses are looked up.
const HOSTS: usize = 10;
/// For a name to be looked up by the machine's own resolver.
const LOOKUP: Duration = Duration::from_secs(30);

/// A server that may be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Its address.
    pub(super) address: SocketAddr,
    /// Its name, and how to talk to it.
    pub(super) hop: NextHop,
    /// Is its name more than the word of an unsigned answer of the DNS (RFC 8689, section 2)?
    pub(super) is_vouched_for: bool,
}

/// The servers to try for a domain, the best first; or the outcome of all that goes there.
pub(super) async fn locate(shared: &Shared, domain: &str) -> Result<Vec<Place>, Outcome> {
    if let Some(hop) = shared.outgoing.route(domain) {
        return routed(hop).await;
    }
    let Some(dns) = &shared.outgoing.dns else {
        return Err(deferred("4.4.4", format!("there is no route to {domain}")));
    };
    if domain.starts_with('[') {
        return literal(shared, domain);
    }
    let exchanges = match dns.exchanges(domain).await {
        Ok(Exchanges::Null) => return Err(Outcome::Failed(null_mx(domain))),
        Ok(Exchanges::Records(records)) if records.is_empty() => {
            // The implicit MX.
            vec![Exchange { preference: 0, host: domain.to_owned() }]
        }
        Ok(Exchanges::Records(records)) => shuffled(records, shared.seams.queue.place_among_equals),
        Err(NoAnswer::NoSuchName) => {
            return Err(failed("5.1.2", format!("there is no domain {domain}")));
        }
        Err(NoAnswer::Later(why)) if !(shared.seams.queue.waits_for_names)() => {
            return Err(failed("5.4.3", format!("MX of {why}")));
        }
        Err(NoAnswer::Later(why)) => return Err(deferred("4.4.3", format!("MX of {why}"))),
    };
    let hosts = look_up(dns, exchanges).await;
    chosen(shared, domain, &hosts)
}

/// Why nothing can go to a domain that takes no mail (RFC 7505, section 4.1).
fn null_mx(domain: &str) -> Reason {
    Reason::ours("5.1.10", format!("{domain} takes no mail (null MX)"))
}

fn deferred(status: &str, text: String) -> Outcome {
    Outcome::Deferred(Reason::ours(status, text))
}

fn failed(status: &str, text: String) -> Outcome {
    Outcome::Failed(Reason::ours(status, text))
}

async fn routed(hop: NextHop) -> Result<Vec<Place>, Outcome> {
    let found = timeout(LOOKUP, tokio::net::lookup_host((hop.host.as_str(), hop.port))).await;
    let found = found.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()));
    let places: Vec<Place> = found
        .map_err(|error| deferred("4.4.3", format!("{} cannot be looked up: {error}", hop.host)))?
        .take(ADDRESSES)
        .map(|address| Place { address, hop: hop.clone(), is_vouched_for: true })
        .collect();
    if places.is_empty() {
        return Err(deferred("4.4.4", format!("{} has no address", hop.host)));
    }
    Ok(places)
}

/// A domain that is an address (RFC 5321, section 4.1.3).
fn literal(shared: &Shared, domain: &str) -> Result<Vec<Place>, Outcome> {
    let unknown = || failed("5.1.2", format!("{domain} is no address that mail can go to"));
    let ip = literal_address(domain).ok_or_else(unknown)?;
    let place = Place { is_vouched_for: true, ..place(shared, &ip.to_string(), ip) };
    if shared.outgoing.is_own(place.address) {
        return Err(loops(domain));
    }
    Ok(vec![place])
}

fn literal_address(domain: &str) -> Option<IpAddr> {
    let inside = domain.strip_prefix('[')?.strip_suffix(']')?;
    match inside.split_once(':') {
        Some((tag, address)) if tag.eq_ignore_ascii_case("IPv6") => {
            address.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
        }
        Some(_) => None,
        None => {
            // Leading zeros may stand there (section 4.1.3), which the parser takes for octal.
            let octets: Vec<u8> = inside.split('.').map_while(|part| part.parse().ok()).collect();
            <[u8; 4]>::try_from(octets).ok().map(IpAddr::from)
        }
    }
}

fn place(shared: &Shared, host: &str, ip: IpAddr) -> Place {
    let port = shared.outgoing.relay_port;
    let hop = NextHop::new(host, port).tls(shared.outgoing.relay_tls);
    Place { address: SocketAddr::new(ip, port), hop, is_vouched_for: false }
}

fn loops(domain: &str) -> Outcome {
    failed("5.4.6", format!("the best server for {domain} is this one, which does not take it"))
}

/// By preference, the lowest first, and those of one preference by chance (RFC 5321, section
/// 5.1: so that each gets its share).
fn shuffled(records: Vec<Exchange>, place: fn(u32) -> u32) -> Vec<Exchange> {
    let random = SystemRandom::new();
    let mut keyed: Vec<(u16, u32, Exchange)> = records
        .into_iter()
        .map(|record| {
            let mut key = [0; 4];
            // Without chance they stand in the order of the answer.
            let _ = random.fill(&mut key);
            (record.preference, place(u32::from_le_bytes(key)), record)
        })
        .collect();
    keyed.sort_by_key(|(preference, key, _)| (*preference, *key));
    keyed.into_iter().map(|(_, _, record)| record).collect()
}

/// A host with what is known of its addresses.
struct Host {
    exchange: Exchange,
    addresses: Result<Vec<IpAddr>, NoAnswer>,
}

async fn look_up(dns: &Dns, exchanges: Vec<Exchange>) -> Vec<Host> {
    let mut hosts = Vec::new();
    for exchange in exchanges.into_iter().take(HOSTS) {
        // An address where a name should be (RFC 5321, section 5.1, leaves it open).
        let addresses = match exchange.host.parse() {
            Ok(ip) => Ok(vec![ip]),
            Err(_) => dns.addresses(&exchange.host).await,
        };
        hosts.push(Host { exchange, addresses });
    }
    hosts
}

/// The hosts that may be tried: none that is this server, or less preferred than it is.
fn chosen(shared: &Shared, domain: &str, hosts: &[Host]) -> Result<Vec<Place>, Outcome> {
    let port = shared.outgoing.relay_port;
    let is_own = |host: &Host| {
        host.exchange.host.eq_ignore_ascii_case(&shared.hostname)
            || host.addresses.iter().flatten().any(|ip| shared.outgoing.is_own(SocketAddr::new(*ip, port)))
    };
    let limit = hosts.iter().filter(|host| is_own(host)).map(|host| host.exchange.preference).min();
    let kept = hosts.iter().filter(|host| limit.is_none_or(|limit| host.exchange.preference < limit));
    let kept: Vec<&Host> = kept.collect();
    if kept.is_empty() && limit.is_some() {
        return Err(loops(domain));
    }
    let mut places = Vec::new();
    let mut later = None;
    for host in kept {
        match &host.addresses {
            Ok(addresses) => {
                let more = addresses.iter().map(|ip| place(shared, &host.exchange.host, *ip));
                places.extend(more);
            }
            Err(NoAnswer::NoSuchName) => {}
            Err(NoAnswer::Later(why)) => later = Some(why.clone()),
        }
    }
    places.truncate(ADDRESSES);
    match (places.is_empty(), later) {
        (false, _) => Ok(places),
        (true, Some(why)) => Err(deferred("4.4.3", format!("address of {why}"))),
        (true, None) => Err(failed("5.4.4", format!("no server for {domain} has an address"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_of_both_families_and_no_others() {
        assert_eq!(literal_address("[127.000.0.1]"), Some(IpAddr::from([127, 0, 0, 1])));
        assert_eq!(literal_address("[ipv6:::1]"), Some(IpAddr::from(Ipv6Addr::LOCALHOST)));
        for bad in ["[1.2.3]", "[1.2.3.4.5]", "[1.2.3.256]", "[tag:x]", "[", "a.test"] {
            assert_eq!(literal_address(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_lowest_preference_comes_first_and_equals_change_places() {
        let records = || {
            let record = |preference, host: &str| Exchange { preference, host: host.to_owned() };
            vec![record(20, "c"), record(10, "a"), record(10, "b")]
        };
        let mut firsts = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let order = shuffled(records(), |chance| chance);
            assert_eq!(order[2].host, "c");
            firsts.insert(order[0].host.clone());
        }
        assert_eq!(firsts.len(), 2);
    }
}
