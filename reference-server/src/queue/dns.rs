//! What the DNS says of a domain's mail: its MX records and their hosts' addresses, each
//! question with a deadline. Which of the answers is tried first is decided in
//! [`super::locate`].

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use tokio::time::timeout;

/// Attempts within the time in which a question is to be answered.
const ATTEMPTS: u32 = 5;
/// Most MX records of a domain that are looked at.
const RECORDS: usize = 50;

/// A host that takes mail for a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exchange {
    /// Lower numbers are preferred.
    pub(super) preference: u16,
    /// Its name, in lower case, without the final dot.
    pub(super) host: String,
}

/// The MX records of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Exchanges {
    /// These; none are an implicit one (RFC 5321, section 5.1).
    Records(Vec<Exchange>),
    /// The domain says that it takes no mail (RFC 7505, section 3).
    Null,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// There is no such name.
    NoSuchName,
    /// Ask again later.
    Later(String),
}

/// A name server that is asked.
#[derive(Clone)]
pub(crate) struct Dns {
    inner: TokioResolver,
    /// For a question to be answered, all attempts together.
    patience: Duration,
}

impl Dns {
    /// Asks the name server at this address. Nothing is remembered here: that server has a
    /// memory of its own, and one here would hide from a test what it has changed.
    ///
    /// # Errors
    /// The text says what is wrong.
    pub(crate) fn at(server: SocketAddr, patience: Duration) -> Result<Self, String> {
        let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
            connection.port = server.port();
            connection
        });
        let server = NameServerConfig::new(server.ip(), true, connections.to_vec());
        let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
        let mut options = ResolverOpts::default();
        options.timeout = patience / ATTEMPTS;
        options.attempts = 2;
        options.cache_size = 0;
        options.use_hosts_file = ResolveHosts::Never;
        let inner = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            .with_options(options)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { inner, patience })
    }

    /// The MX records of a domain; aliases are followed.
    pub(crate) async fn exchanges(&self, domain: &str) -> Result<Exchanges, NoAnswer> {
        let mut found = Vec::new();
        for data in self.ask(domain, RecordType::MX).await? {
            if let RData::MX(record) = data {
                found.push(Exchange { preference: record.preference, host: plain(&record.exchange) });
            }
        }
        // A null MX stands alone, with preference 0 (RFC 7505, section 3). Whatever stands beside it or
        // before it: a domain with MX records none of which is a host has no implicit one (RFC 5321,
        // section 5.1).
        if !found.is_empty() && found.iter().all(|exchange| exchange.host.is_empty()) {
            return Ok(Exchanges::Null);
        }
        found.retain(|exchange| !exchange.host.is_empty());
        Ok(Exchanges::Records(found))
    }

    /// The addresses of a host; empty where it has none.
    pub(super) async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, NoAnswer> {
        let (four, six) = tokio::join!(self.ask(host, RecordType::A), self.ask(host, RecordType::AAAA));
        let mut addresses = Vec::new();
        for data in [&four, &six].into_iter().flatten().flatten() {
            match data {
                RData::A(address) => addresses.push(IpAddr::V4(address.0)),
                RData::AAAA(address) => addresses.push(IpAddr::V6(address.0)),
                _ => {}
            }
        }
        if addresses.is_empty() {
            // Only where both say so there is none.
            four?;
            six?;
        }
        Ok(addresses)
    }

    /// The data of this type; empty where the name has none.
    async fn ask(&self, name: &str, kind: RecordType) -> Result<Vec<RData>, NoAnswer> {
        let later = |what: &dyn std::fmt::Display| NoAnswer::Later(format!("{name}: {what}"));
        // With its final dot, so that no search list can be appended.
        let Ok(full) = Name::from_ascii(format!("{name}.")) else { return Err(NoAnswer::NoSuchName) };
        match timeout(self.patience, self.inner.lookup(full, kind)).await {
            Err(_) => Err(later(&"no answer in time")),
            Ok(Ok(lookup)) => {
                let answers = lookup.answers().iter().take(RECORDS);
                Ok(answers.map(|record| record.data.clone()).collect())
            }
            Ok(Err(NetError::Dns(DnsError::NoRecordsFound(none)))) => match none.response_code {
                ResponseCode::NoError => Ok(Vec::new()),
                ResponseCode::NXDomain => Err(NoAnswer::NoSuchName),
                other => Err(later(&other)),
            },
            Ok(Err(error)) => Err(later(&error)),
        }
    }
}

/// A name as it stands in addresses.
fn plain(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_ascii_lowercase()
}
