//! Where a case runs: the addresses of a target's endpoints, and its TLS.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::client::Dial;
use crate::script::model::Endpoint;
use crate::wire::ClientTls;

/// The name the harness greets with.
pub const CLIENT_NAME: &str = "client.example.net";

/// Time limit of each wait in set-up and look-up, unless a profile says another.
const PATIENCE: Duration = Duration::from_secs(15);

/// Addresses and TLS of a running server.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// The addresses it listens on.
    pub addresses: BTreeMap<Endpoint, SocketAddr>,
    /// What TLS with it needs.
    pub tls: Option<ClientTls>,
    /// Time limit of each wait in set-up and look-up, when the profile says one.
    pub patience: Option<Duration>,
}

/// How one endpoint is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// The endpoint that is there.
    pub endpoint: Endpoint,
    /// Its address.
    pub address: SocketAddr,
}

impl Place {
    /// The endpoint asked for, or the same protocol over implicit TLS where only that is there.
    #[must_use]
    pub fn reach(&self, endpoint: Endpoint) -> Option<Reach> {
        let substitute = match endpoint {
            Endpoint::Submission => Some(Endpoint::Submissions),
            Endpoint::Pop3 => Some(Endpoint::Pop3s),
            Endpoint::Imap => Some(Endpoint::Imaps),
            _ => None,
        };
        [Some(endpoint), substitute].into_iter().flatten().find_map(|endpoint| {
            self.addresses.get(&endpoint).map(|address| Reach { endpoint, address: *address })
        })
    }

    /// How the harness's own client reaches an endpoint.
    #[must_use]
    pub fn dial(&self, endpoint: Endpoint) -> Option<Dial> {
        let reach = self.reach(endpoint)?;
        Some(Dial {
            address: reach.address,
            implicit_tls: reach.endpoint.is_implicit_tls(),
            tls: self.tls.clone(),
            client: CLIENT_NAME.to_owned(),
            within: self.patience.unwrap_or(PATIENCE),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn implicit_tls_stands_in_where_only_that_is_there() {
        let address: SocketAddr = "127.0.0.1:993".parse().unwrap();
        let place = Place { addresses: [(Endpoint::Imaps, address)].into(), ..Place::default() };
        assert_eq!(place.reach(Endpoint::Imap), Some(Reach { endpoint: Endpoint::Imaps, address }));
        assert_eq!(place.reach(Endpoint::Pop3), None);
    }
}
