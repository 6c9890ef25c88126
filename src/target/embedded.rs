//! The reference server started in this process: memory storage, any port, accounts on demand.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reference_server::{
    AccountError, DerivedSecret, NextHop, RecoverableSecrets, RelayTls, Server, Service, Storage,
};
use tokio::sync::Mutex;

use super::TargetError;
use super::account::Account;
use super::place::Place;
use super::route::Route;
use super::settings::{self, Maildrops};
use crate::hop::NameServer;
use crate::script::model::{Endpoint, Secrets, Settings};
use crate::wire::{ClientAuthority, ClientTls, ServerTls, Trust};

/// The domain of the embedded server's accounts.
pub(super) const DOMAIN: &str = "example.test";

/// A domain for which it takes mail from its users, and which refuses that mail: the policy
/// `bounces` of the script language.
const REFUSING: &str = "bounces.example";

/// Its name in its certificate.
const HOST: &str = "localhost";

/// What the embedded server is told.
#[derive(Debug, Clone, Default)]
pub struct EmbeddedOptions {
    /// Deviations to mount.
    pub deviations: Vec<String>,
    /// The `mailspec` program, for cases that need a process of their own; this process's own
    /// program when it is not said.
    pub program: Option<PathBuf>,
    /// How it is set, for cases that say it.
    pub settings: Settings,
}

/// The reference server, started here.
pub(super) struct Embedded {
    server: Server,
    pub(super) options: EmbeddedOptions,
    accounts: AtomicUsize,
    /// The secrets that accounts of one name have, with their keys, which cost more than all else of a lease.
    secrets: Mutex<HashMap<String, DerivedSecret>>,
    routes: AtomicUsize,
    /// What the server asks for the hosts of other domains, and the port at which it then calls them.
    pub(super) names: Arc<NameServer>,
    relay_port: u16,
    maildrops: Maildrops,
    /// Who signs the accounts' client certificates.
    authority: ClientAuthority,
}

impl Embedded {
    pub(super) async fn start(options: EmbeddedOptions) -> Result<Self, TargetError> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let names = NameServer::start().await.map_err(|error| TargetError::Start(error.to_string()))?;
        let relay_port = free_port().map_err(|error| TargetError::Start(error.to_string()))?;
        let authority = ClientAuthority::make().map_err(TargetError::Tls)?;
        let mut builder = Server::builder()
            .client_authorities(authority.pem())
            .map_err(|error| TargetError::Start(error.to_string()))?
            .storage(Storage::Memory)
            .domain(DOMAIN)
            .recoverable_secrets(RecoverableSecrets::Kept)
            .users_set_quotas()
            .resolver(names.address())
            .resolver_patience(RESOLVER_PATIENCE)
            .relay_port(relay_port);
        // Next hops that the harness plays are who they should be.
        let hops = ServerTls::own().map_err(TargetError::Start)?;
        builder =
            builder.relay_authorities(hops.pem()).map_err(|error| TargetError::Start(error.to_string()))?;
        for service in Service::ALL {
            builder = builder.listen(service, any);
        }
        for deviation in &options.deviations {
            builder = builder.deviation(deviation.clone());
        }
        builder = settings::tell(builder, &options.settings, &address_of);
        let server = builder.start().await.map_err(|error| TargetError::Start(error.to_string()))?;
        // The server's own front door, which knows no such domain: mail to it comes back.
        if let Some(address) = server.address(Service::Smtp) {
            server.add_route(REFUSING, NextHop::new(address.ip().to_string(), address.port()));
        }
        Ok(Self {
            server,
            maildrops: Maildrops::of(&options.settings),
            options,
            accounts: AtomicUsize::new(0),
            secrets: Mutex::default(),
            routes: AtomicUsize::new(0),
            names: Arc::new(names),
            relay_port,
            authority,
        })
    }

    pub(super) fn place(&self) -> Result<Place, TargetError> {
        let trust = Trust::Authority(self.server.ca_pem().to_owned());
        let tls = ClientTls::new(&trust, HOST).map_err(TargetError::Tls)?;
        let addresses = self
            .server
            .addresses()
            .filter_map(|(service, address)| endpoint_named(service.name()).map(|it| (it, address)))
            .collect();
        Ok(Place { addresses, tls: Some(tls), patience: None })
    }

    /// What the account that a script calls `name` has to show, with this local part.
    pub(super) fn account_named(
        &self,
        name: &str,
        user: &str,
        secrets: Secrets,
    ) -> Result<Account, TargetError> {
        let address = address_of(user);
        let certificate = self.authority.certify(&address).map_err(TargetError::Tls)?;
        Ok(Account {
            user: user.to_owned(),
            address,
            secret: match secrets {
                Secrets::Ascii => format!("{name}-secret"),
                // Prepared (RFC 4013) it is another one: IX, and no soft hyphen.
                Secrets::BeyondAscii => format!("{name}-\u{2168}-p\u{e4}ss\u{ad}w\u{f6}rd"),
            },
            token: Some(format!("{user}-token")),
            certificate: Some(Arc::new(certificate)),
        })
    }

    /// The certificate of the authority that signs client certificates, in PEM.
    pub(super) fn client_authority(&self) -> &str {
        self.authority.pem()
    }

    /// Makes an account that no case had before.
    pub(super) async fn account(&self, name: &str, secrets: Secrets) -> Result<Account, TargetError> {
        let number = self.accounts.fetch_add(1, Ordering::Relaxed) + 1;
        let account = self.account_named(name, &format!("{name}-{number}"), secrets)?;
        let failed = |error: AccountError| TargetError::Start(error.to_string());
        let secret = self.derived(&account.secret).await.map_err(failed)?;
        self.server.add_account_with(&account.address, &secret).await.map_err(failed)?;
        if let Some(policy) = self.maildrops.own(name) {
            self.server.set_maildrop(&account.address, policy);
        }
        if let Some(token) = &account.token {
            self.server.add_token(token, &account.address);
        }
        Ok(account)
    }

    async fn derived(&self, secret: &str) -> Result<DerivedSecret, AccountError> {
        let mut known = self.secrets.lock().await;
        if let Some(derived) = known.get(secret) {
            return Ok(derived.clone());
        }
        let derived = self.server.derive_secret(secret).await?;
        known.insert(secret.to_owned(), derived.clone());
        Ok(derived)
    }

    /// Makes a route that no case had before.
    pub(super) async fn route(&self, tls: RelayTls) -> Result<Route, TargetError> {
        let number = self.routes.fetch_add(1, Ordering::Relaxed) + 1;
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let route = Route::listen(format!("hop{number}.example"), any).await;
        let route = route.map_err(|error| TargetError::Listen(any, error))?;
        let hop = NextHop::new(route.address.ip().to_string(), route.address.port()).tls(tls);
        self.server.add_route(&route.domain, hop);
        Ok(route)
    }

    /// Listens where the server calls a host that it has found by name: at an address that no
    /// case had before.
    pub(super) async fn host(&self) -> Result<Route, TargetError> {
        let mut failure = None;
        for _ in 0..HOST_TRIES {
            let number = self.routes.fetch_add(1, Ordering::Relaxed) + 1;
            let [.., high, low] = u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
            let address = SocketAddr::from((Ipv4Addr::new(127, 83, high, low), self.relay_port));
            match Route::listen(format!("host{number}.example"), address).await {
                Ok(route) => return Ok(route),
                Err(error) => failure = Some(TargetError::Listen(address, error)),
            }
        }
        Err(failure.unwrap_or_else(|| TargetError::Start("no address".to_owned())))
    }

    pub(super) async fn shutdown(self) {
        self.server.shutdown().await;
    }
}

/// Short enough for a case to see what becomes of mail while the name server is silent.
const RESOLVER_PATIENCE: Duration = Duration::from_millis(1500);

/// The address of the account with this local part.
pub(super) fn address_of(user: &str) -> String {
    format!("{user}@{DOMAIN}")
}

/// Addresses that are tried for a host.
const HOST_TRIES: usize = 20;

/// A port that is free at this time, on all addresses of the loopback net most likely.
fn free_port() -> std::io::Result<u16> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// The endpoint with this word.
pub(super) fn endpoint_named(word: &str) -> Option<Endpoint> {
    Endpoint::ALL.into_iter().find(|endpoint| endpoint.as_str() == word)
}
