//! What is tested: profile, lifecycle, account leases, capability probe, rulings.
//!
//! A [`Target`] is the embedded reference server or a foreign one with a
//! profile. Which cases run on it is `run/`'s affair.

mod account;
mod clean;
pub mod client;
mod credentials;
mod embedded;
mod error;
mod further;
mod lease;
mod lifecycle;
mod place;
mod probe;
mod process;
mod profile;
mod route;
mod rulings;
mod settings;
mod stock;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub use account::{Account, Pool};
pub use embedded::EmbeddedOptions;
pub use error::TargetError;
pub use further::Further;
pub use lease::{Found, Lease, Wanted};
pub use lifecycle::Commands;
pub use place::{CLIENT_NAME, Place, Reach};
pub use probe::{Declared, Expected};
pub use profile::{
    CertificateFiles, Certificates, Cleaning, FixtureRoute, Profile, RouteProfile, TlsProfile,
};
pub use route::Route;
pub use rulings::{Occurs, Ruling, Rulings};

use reference_server::RelayTls;

use crate::hop::NameServer;
use crate::script::model::{Endpoint, Lifecycle, Secrets, Settings};
use crate::wire::{ClientIdentity, ClientTls, Trust};
use client::ClientError;
use embedded::Embedded;
use lease::{ForeignHost, Host};
use process::{OwnProcess, Served};
use route::{RouteLease, Routes};

/// How often, and how far apart, [`Target::end`] looks whether interrupted cases let go.
const END_TRIES: usize = 100;
const END_PAUSE: Duration = Duration::from_millis(20);

/// Accounts of a profile whose secrets are tried before a run: enough to find a slip in a list.
const MAX_CHECKED: usize = 32;

/// A running server, ready to be tested.
pub struct Target {
    name: String,
    software: Option<String>,
    domain: String,
    policies: Vec<String>,
    connections: Option<usize>,
    fixture: Option<FixtureRoute>,
    place: Place,
    declared: Declared,
    rulings: Option<Rulings>,
    expects: Vec<Expected>,
    routes: Routes,
    kind: Kind,
}

enum Kind {
    Embedded { server: Box<Embedded>, others: Others },
    Foreign { pool: Pool, beyond_ascii: Pool, host: Arc<ForeignHost>, cleaning: Cleaning, settings: Settings },
}

/// Servers that are set in another way, started for the first case that wants one and shared by all that
/// want the same.
type Others = tokio::sync::Mutex<BTreeMap<Settings, Arc<Target>>>;

/// Why a target is not set as a case wants it.
#[derive(Debug)]
pub enum NotSet {
    /// A foreign one is set by others, and nothing says how.
    Unknown(String),
    /// The embedded server does not start so.
    Failed(TargetError),
}

/// How many servers a case needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tenancy {
    /// The server that all cases share.
    Shared,
    /// One that it may end: a process of its own, or a foreign server while no other case runs.
    Sole,
}

impl Target {
    /// Starts the reference server in this process.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn embedded(options: EmbeddedOptions) -> Result<Self, TargetError> {
        let server = Embedded::start(options).await?;
        let place = server.place()?;
        let probe = server.account("probe", Secrets::Ascii).await?;
        let declared = Declared::probe(&place, Some(&probe)).await;
        Ok(Self {
            name: "reference-server".to_owned(),
            software: Some(format!("mailspec reference server {}", env!("CARGO_PKG_VERSION"))),
            domain: embedded::DOMAIN.to_owned(),
            policies: ["relay-denied", "bounces", "utf8-delivery", "tokens", "certificates"]
                .map(str::to_owned)
                .to_vec(),
            connections: None,
            fixture: fixture_route(None, &place),
            place,
            declared,
            rulings: None,
            expects: Vec::new(),
            routes: Routes::default(),
            kind: Kind::Embedded { server: Box::new(server), others: Others::default() },
        })
    }

    /// Reads a profile (or a folder with one), starts the server where the profile says how, and
    /// waits until it accepts connections.
    ///
    /// # Errors
    /// Mistakes of the profile, or a server that does not come up.
    pub async fn open(path: &Path) -> Result<Self, TargetError> {
        let profile = Profile::read(path).map_err(TargetError::Profile)?;
        let rulings = Rulings::read(&profile.folder.join("rulings.yaml")).map_err(TargetError::Profile)?;
        Self::start(profile, rulings).await
    }

    /// Starts the target of a profile.
    ///
    /// # Errors
    /// When the server does not come up.
    pub async fn start(profile: Profile, rulings: Option<Rulings>) -> Result<Self, TargetError> {
        if let Some(start) = &profile.lifecycle.start {
            lifecycle::run_command(start, &profile.folder).await?;
        }
        match Self::connect(&profile, rulings).await {
            Ok(target) => Ok(target),
            Err(error) => {
                // What we started must not stay behind.
                if let (Some(_), Some(stop)) = (&profile.lifecycle.start, &profile.lifecycle.stop) {
                    let _ = lifecycle::run_command(stop, &profile.folder).await;
                }
                Err(error)
            }
        }
    }

    async fn connect(profile: &Profile, rulings: Option<Rulings>) -> Result<Self, TargetError> {
        let place = place_of(profile).await?;
        let accounts = with_certificates(profile)?;
        let ready = profile.lifecycle.ready_time();
        lifecycle::wait_ready(place.addresses.values().copied(), ready).await?;
        let declared = Declared::probe(&place, accounts.first()).await;
        let routes = listen(profile).await?;
        let (ascii, beyond_ascii) = accounts.into_iter().partition(|account| account.secret.is_ascii());
        Ok(Self {
            name: profile.name.clone(),
            software: profile.software.clone(),
            domain: profile.domain.clone(),
            policies: profile.policies.clone(),
            connections: profile.connections,
            fixture: fixture_route(profile.fixture, &place),
            place,
            declared,
            rulings,
            expects: profile.expects.clone(),
            routes,
            kind: Kind::Foreign {
                pool: Pool::new(ascii),
                beyond_ascii: Pool::new(beyond_ascii),
                cleaning: profile.cleaning,
                settings: profile.settings.clone(),
                host: Arc::new(ForeignHost {
                    commands: profile.lifecycle.clone(),
                    folder: profile.folder.clone(),
                }),
            },
        })
    }

    /// Its short name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The software, as its profile says.
    #[must_use]
    pub fn software(&self) -> Option<&str> {
        self.software.as_deref()
    }

    /// The domain its accounts are in.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Whether the target is ours, so that house rules bind it.
    #[must_use]
    pub const fn is_ours(&self) -> bool {
        matches!(self.kind, Kind::Embedded { .. })
    }

    /// Where it listens.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// What it declares.
    #[must_use]
    pub const fn declared(&self) -> &Declared {
        &self.declared
    }

    /// What its profile expects it to declare and it does not, as `imap: UIDPLUS`.
    #[must_use]
    pub fn undeclared(&self) -> Vec<String> {
        self.declared.missing(&self.expects)
    }

    /// Its rulings, when it has a file of them.
    #[must_use]
    pub const fn rulings(&self) -> Option<&Rulings> {
        self.rulings.as_ref()
    }

    /// How fixtures are put there; `None` when there is no way.
    #[must_use]
    pub const fn fixture(&self) -> Option<FixtureRoute> {
        self.fixture
    }

    /// Connections it takes at once, when its profile says so.
    #[must_use]
    pub const fn connections(&self) -> Option<usize> {
        self.connections
    }

    /// Accounts it can give to cases at the same time; `None` without a limit.
    #[must_use]
    pub fn accounts(&self) -> Option<usize> {
        match &self.kind {
            Kind::Embedded { .. } => None,
            Kind::Foreign { pool, .. } => Some(pool.size()),
        }
    }

    /// Accounts with secrets beyond ASCII that it can give to cases at the same time; `None` without a limit.
    #[must_use]
    pub fn beyond_ascii(&self) -> Option<usize> {
        match &self.kind {
            Kind::Embedded { .. } => None,
            Kind::Foreign { beyond_ascii, .. } => Some(beyond_ascii.size()),
        }
    }

    /// Domains at whose next hop the harness can listen at the same time; `None` without a limit.
    #[must_use]
    pub fn routes(&self) -> Option<usize> {
        match &self.kind {
            Kind::Embedded { .. } => None,
            Kind::Foreign { .. } => Some(self.routes.size()),
        }
    }

    /// The name server that the target asks, where the harness plays it.
    #[must_use]
    pub fn names(&self) -> Option<Arc<NameServer>> {
        match &self.kind {
            Kind::Embedded { server, .. } => Some(Arc::clone(&server.names)),
            Kind::Foreign { .. } => None,
        }
    }

    /// The program of further servers; this process's own when it is not said.
    fn program(&self) -> Option<std::path::PathBuf> {
        match &self.kind {
            Kind::Embedded { server, .. } => server.options.program.clone(),
            Kind::Foreign { .. } => None,
        }
    }

    /// Whether its profile lists a policy.
    #[must_use]
    pub fn has_policy(&self, policy: &str) -> bool {
        self.policies.iter().any(|known| known == policy)
    }

    /// Whether it can be restarted, or killed.
    #[must_use]
    pub fn can(&self, lifecycle: Lifecycle) -> bool {
        match &self.kind {
            Kind::Embedded { .. } => true,
            Kind::Foreign { host, .. } => {
                let Commands { start, stop, restart, kill, .. } = &host.commands;
                match lifecycle {
                    Lifecycle::Restart => restart.is_some() || (stop.is_some() && start.is_some()),
                    Lifecycle::Kill => kill.is_some() && start.is_some(),
                }
            }
        }
    }

    /// Whether a foreign target takes the accounts of its profile, before any case accuses it of
    /// refusing them.
    ///
    /// # Errors
    /// [`TargetError::Credentials`] when every endpoint that could be asked refuses an account's secret.
    pub async fn check_credentials(&self) -> Result<(), TargetError> {
        let Kind::Foreign { pool, .. } = &self.kind else { return Ok(()) };
        for account in pool.free().iter().take(MAX_CHECKED) {
            if let Some(why) = credentials::refused(&self.place, account).await {
                return Err(TargetError::Credentials(account.user.clone(), why));
            }
        }
        Ok(())
    }

    /// The target as a case wants it set: for the embedded one a server of its own, shared by all cases
    /// that want the same.
    ///
    /// # Errors
    /// See [`NotSet`].
    pub async fn set(self: &Arc<Self>, wanted: &Settings) -> Result<Arc<Self>, NotSet> {
        match &self.kind {
            _ if wanted.is_empty() => Ok(Arc::clone(self)),
            Kind::Embedded { server, others } => {
                let mut others = others.lock().await;
                if let Some(other) = others.get(wanted) {
                    return Ok(Arc::clone(other));
                }
                let options = EmbeddedOptions { settings: wanted.clone(), ..server.options.clone() };
                let other = Box::pin(Self::embedded(options)).await.map_err(NotSet::Failed)?;
                let other = Arc::new(other);
                others.insert(wanted.clone(), Arc::clone(&other));
                Ok(other)
            }
            Kind::Foreign { settings: said, .. } => settings::missing(wanted, said, &self.declared)
                .map_or_else(|| Ok(Arc::clone(self)), |why| Err(NotSet::Unknown(why))),
        }
    }

    /// What a case wants, accounts empty; waits until there is enough of it.
    ///
    /// # Errors
    /// A pool that is too small, or accounts that cannot be made or emptied.
    pub async fn lease(&self, wanted: &Wanted, tenancy: Tenancy) -> Result<Lease, TargetError> {
        let names = &wanted.accounts;
        match &self.kind {
            Kind::Embedded { server, .. } => self.lease_embedded(server, wanted, tenancy).await,
            Kind::Foreign { pool, beyond_ascii, host, cleaning, .. } => {
                let pool = match wanted.secrets {
                    Secrets::Ascii => pool,
                    Secrets::BeyondAscii => beyond_ascii,
                };
                let taken = pool
                    .lease(names)
                    .await
                    .ok_or(TargetError::PoolTooSmall { needed: names.len(), size: pool.size() })?;
                let accounts: Vec<(String, Account)> = names
                    .iter()
                    .filter_map(|name| Some((name.clone(), taken.accounts().get(name)?.clone())))
                    .collect();
                let clean = accounts.iter().filter(|_| *cleaning == Cleaning::Leased);
                for (_, account) in clean {
                    clean::clean(&self.place, account).await.map_err(|error| match error {
                        ClientError::Connect(error) => TargetError::Unreachable(error.to_string()),
                        error => TargetError::Clean(account.user.clone(), error.to_string()),
                    })?;
                }
                let host = match tenancy {
                    Tenancy::Shared => Host::Shared,
                    Tenancy::Sole => Host::Commands(Arc::clone(host)),
                };
                // Behind the accounts, always: so no two cases wait for each other.
                let (needed, size) = (wanted.hops.len(), self.routes.size());
                let routes = self.routes.lease(&wanted.hops).await;
                let routes = routes.ok_or(TargetError::TooFewRoutes { needed, size })?;
                Ok(Lease { accounts, place: self.place.clone(), host, routes, _pool: Some(taken) })
            }
        }
    }

    async fn lease_embedded(
        &self,
        server: &Embedded,
        wanted: &Wanted,
        tenancy: Tenancy,
    ) -> Result<Lease, TargetError> {
        let names = &wanted.accounts;
        let mut accounts = Vec::new();
        let routes = self.make_routes(server, wanted).await?;
        if tenancy == Tenancy::Sole {
            for name in names {
                accounts.push((name.clone(), server.account_named(name, name, wanted.secrets)?));
            }
            let all: Vec<Account> = accounts.iter().map(|(_, account)| account.clone()).collect();
            let route = |(_, route): &(String, Route)| format!("{}={}", route.domain, route.address);
            let served = Served {
                domain: embedded::DOMAIN.to_owned(),
                hostname: format!("mail.{}", embedded::DOMAIN),
                accounts: all,
                routes: routes.routes.iter().map(route).collect(),
                client_authority: Some(server.client_authority().to_owned()),
                settings: server.options.settings.clone(),
            };
            let process = OwnProcess::start(&server.options, &served).await?;
            let place = process.place.clone();
            let host = Host::Process(Box::new(process));
            return Ok(Lease { accounts, place, host, routes, _pool: None });
        }
        for name in names {
            accounts.push((name.clone(), server.account(name, wanted.secrets).await?));
        }
        Ok(Lease { accounts, place: self.place.clone(), host: Host::Shared, routes, _pool: None })
    }

    async fn make_routes(&self, server: &Embedded, wanted: &Wanted) -> Result<RouteLease, TargetError> {
        let mut routes = Vec::new();
        for name in &wanted.hops {
            let tls = if wanted.in_plaintext.contains(name) { RelayTls::Never } else { RelayTls::default() };
            let route = match wanted.found {
                Found::ByRoute => server.route(tls).await?,
                Found::ByName => server.host().await?,
            };
            routes.push((name.clone(), route));
        }
        Ok(self.routes.made(routes))
    }

    /// Stops what was started, also where cases that were interrupted still hold the target.
    ///
    /// # Errors
    /// When the profile's stop command fails.
    pub async fn end(self: Arc<Self>) -> Result<(), TargetError> {
        let mut target = self;
        for _ in 0..END_TRIES {
            match Arc::try_unwrap(target) {
                Ok(alone) => return alone.shutdown().await,
                Err(shared) => target = shared,
            }
            tokio::time::sleep(END_PAUSE).await;
        }
        match &target.kind {
            // It ends with this process.
            Kind::Embedded { .. } => Ok(()),
            Kind::Foreign { host, .. } => host.stop().await,
        }
    }

    /// Stops what was started.
    ///
    /// # Errors
    /// When the profile's stop command fails.
    pub async fn shutdown(self) -> Result<(), TargetError> {
        match self.kind {
            Kind::Embedded { server, others } => {
                for other in others.into_inner().into_values() {
                    Box::pin(other.end()).await?;
                }
                server.shutdown().await;
                Ok(())
            }
            Kind::Foreign { host, .. } => host.stop().await,
        }
    }
}

/// Listens for what a profile's target hands over.
async fn listen(profile: &Profile) -> Result<Routes, TargetError> {
    let mut routes = Vec::new();
    for RouteProfile { domain, listen } in &profile.routes {
        let route = Route::listen(domain.clone(), *listen).await;
        routes.push(route.map_err(|error| TargetError::Listen(*listen, error))?);
    }
    Ok(Routes::new(routes))
}

/// The accounts of a profile, with the client certificates that its files have.
fn with_certificates(profile: &Profile) -> Result<Vec<Account>, TargetError> {
    let mut accounts = profile.accounts.clone();
    for account in &mut accounts {
        let Some(CertificateFiles { certificate, key }) = profile.certificates.get(&account.user) else {
            continue;
        };
        let read = |path: &std::path::PathBuf| {
            std::fs::read_to_string(path).map_err(|error| TargetError::Certificate(path.clone(), error))
        };
        let identity =
            ClientIdentity::from_pem(&read(certificate)?, &read(key)?).map_err(TargetError::Tls)?;
        account.certificate = Some(Arc::new(identity));
    }
    Ok(accounts)
}

async fn place_of(profile: &Profile) -> Result<Place, TargetError> {
    let mut place = Place { patience: profile.patience, ..Place::default() };
    for (endpoint, text) in &profile.endpoints {
        let unknown = || TargetError::Address(text.clone());
        let mut found = tokio::net::lookup_host(text).await.map_err(|_| unknown())?;
        place.addresses.insert(*endpoint, found.next().ok_or_else(unknown)?);
    }
    let trust = match &profile.tls.authority {
        None => Trust::Any,
        Some(path) => {
            let pem = std::fs::read_to_string(path);
            Trust::Authority(pem.map_err(|error| TargetError::Authority(path.clone(), error))?)
        }
    };
    let name = profile.tls.name.as_deref().unwrap_or("localhost");
    place.tls = Some(ClientTls::new(&trust, name).map_err(TargetError::Tls)?);
    Ok(place)
}

/// How fixtures are put there: as the profile says, else by the way that keeps most of them.
fn fixture_route(said: Option<FixtureRoute>, place: &Place) -> Option<FixtureRoute> {
    let ways = [
        (Endpoint::Imap, FixtureRoute::ImapAppend),
        (Endpoint::Lmtp, FixtureRoute::Lmtp),
        (Endpoint::Smtp, FixtureRoute::Smtp),
    ];
    said.or_else(|| {
        ways.into_iter().find(|(endpoint, _)| place.reach(*endpoint).is_some()).map(|(_, route)| route)
    })
}
