//! The running server: from what a [`Builder`] says to listeners that accept.

mod builder;
mod error;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;

use builder::Binding;
pub use builder::Builder;
pub use error::{AccountError, StartError};

use crate::auth::{Authenticator, CertificateTrust, DerivedSecret, PutError};
use crate::channel::Channel;
use crate::context::{Context, Shared};
use crate::deviation;
use crate::imap;
use crate::net::{self, ClientCertificates, Identity, Listener};
use crate::pop3;
use crate::pop3::policy::{MaildropPolicy, Maildrops};
use crate::queue::{self, NextHop, Outgoing};
use crate::recipient::ascii_domain;
use crate::service::Service;
use crate::sessions;
use crate::slots::Slots;
use crate::smtp;
use crate::store::{Quota, Store};

impl Builder {
    /// Starts the server: when this returns, every listener accepts.
    ///
    /// # Errors
    /// See [`StartError`]; nothing is left running.
    pub async fn start(self) -> Result<Server, StartError> {
        let seams = deviation::mount(self.deviations.iter().map(String::as_str))
            .map_err(|id| StartError::UnknownDeviation(id.to_owned()))?;
        let seams = Arc::new(seams);
        if !smtp::is_host_name(&self.hostname) {
            return Err(StartError::BadDomain(self.hostname));
        }
        if let Some(unknown) = self.imap.withheld.iter().find(|name| !imap::knows_capability(name)) {
            return Err(StartError::UnknownCapability(unknown.clone()));
        }
        let domains = self.local_domains()?;
        let names = self.certificate_names(&domains);
        let (storage, answer) = (self.storage.clone(), seams.store.answer);
        let clients = self.client_certificates_wanted();
        let trust = CertificateTrust::new(self.client_authorities, self.client_certificates);
        let trust = trust.map_err(|error| StartError::Tls(io::Error::other(error)))?;
        let (store, identity, authenticator) = {
            let (domains, seams) = (domains.clone(), Arc::clone(&seams));
            let (hostname, recoverable) = (self.hostname.clone(), self.recoverable_secrets);
            let longest = self.timeouts.login_delay;
            tokio::task::spawn_blocking(move || {
                let store = Store::open(&storage, answer).map_err(StartError::storage)?;
                let identity = net::identity(&storage, &names, clients).map_err(StartError::Tls)?;
                let authenticator =
                    Authenticator::new(store.clone(), domains, seams).map_err(StartError::storage)?;
                let authenticator = authenticator.named(hostname).keeping(recoverable).delaying(longest);
                let authenticator = authenticator.certified(identity.end_point.clone()).believing(trust);
                Ok::<_, StartError>((store, identity, authenticator))
            })
            .await
            .map_err(|error| StartError::Storage(error.to_string()))??
        };
        let maildrops = Maildrops::new(self.maildrops, self.relaying.clock.clone());
        for (address, policy) in &self.own_maildrops {
            maildrops.set(address, *policy);
        }
        let outgoing = Outgoing::new(self.relaying).map_err(StartError::Resolver)?;
        let shared = Arc::new(Shared {
            hostname: self.hostname,
            domains,
            lists: self.lists,
            verification: self.verification,
            submission: self.submission,
            store,
            authenticator,
            outgoing,
            maildrops,
            seams,
            imap: self.imap,
            limits: self.limits,
            timeouts: self.timeouts,
            intake: self.intake,
            plaintext_authentication: self.plaintext_authentication,
            tls: identity.acceptor.clone(),
        });
        match open(&shared, identity, self.accounts, self.quota, self.listen).await {
            Ok(server) => Ok(server),
            Err(error) => {
                shared.store.close().await;
                Err(error)
            }
        }
    }

    fn local_domains(&self) -> Result<Vec<String>, StartError> {
        let mut domains = Vec::new();
        let mut add = |domain: &str| {
            let domain = domain.to_ascii_lowercase();
            if !domains.contains(&domain) {
                domains.push(domain);
            }
        };
        for domain in &self.domains {
            if !smtp::is_domain(domain) {
                return Err(StartError::BadDomain(domain.clone()));
            }
            add(domain);
        }
        for (address, _) in &self.accounts {
            match address.rsplit_once('@') {
                Some((_, domain)) if smtp::is_address(address) => add(domain),
                _ => return Err(StartError::BadAddress(address.clone())),
            }
        }
        for list in &self.lists {
            for address in list.members.iter().chain([&list.address, &list.owner]) {
                if !smtp::is_address(address) {
                    return Err(StartError::BadAddress(address.clone()));
                }
            }
            if let Some((_, domain)) = list.address.rsplit_once('@') {
                add(domain);
            }
        }
        if domains.is_empty() {
            domains.push("example.test".to_owned());
        }
        Ok(domains)
    }

    /// Clients are asked for a certificate where one can let them in. Those that are known one by one
    /// may come from any authority.
    fn client_certificates_wanted(&self) -> ClientCertificates {
        match (&self.client_authorities, self.client_certificates.is_empty()) {
            (None, true) => ClientCertificates::NotWanted,
            (Some(authorities), true) => ClientCertificates::wanted(Some(authorities)),
            (_, false) => ClientCertificates::wanted(None),
        }
    }

    /// Names by which clients may reach the server.
    fn certificate_names(&self, domains: &[String]) -> Vec<String> {
        let fixed = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let listening = self
            .listen
            .values()
            .map(|(address, _)| address.ip())
            .filter(|ip| !ip.is_unspecified())
            .map(|ip| ip.to_string());
        let mut seen = BTreeSet::new();
        std::iter::once(self.hostname.clone())
            .chain(domains.iter().map(|domain| ascii_domain(domain)))
            .chain(fixed)
            .chain(listening)
            .filter(|name| seen.insert(name.clone()))
            .collect()
    }
}

/// Makes the accounts, binds all listeners, and only then accepts.
async fn open(
    shared: &Arc<Shared>,
    identity: Identity,
    accounts: Vec<(String, String)>,
    quota: Quota,
    listen: BTreeMap<Service, (SocketAddr, Binding)>,
) -> Result<Server, StartError> {
    for (address, secret) in &accounts {
        let account = shared.authenticator.put_account(address, secret).await;
        let account = account.map_err(|error| StartError::account(address, error))?;
        if quota != Quota::default() {
            shared.store.set_quota(account.id, quota).await.map_err(StartError::storage)?;
        }
    }
    let mut listeners = Vec::new();
    let mut addresses = BTreeMap::new();
    for (service, (address, binding)) in listen {
        let listener = match Listener::bind(service, address).await {
            Ok(listener) => listener,
            Err(error) if binding == Binding::IfFree && error.kind() == io::ErrorKind::AddrInUse => continue,
            Err(error) => return Err(StartError::Listen { service, address, error }),
        };
        addresses.insert(service, listener.address());
        listeners.push(listener);
    }
    let incoming = addresses.get(&Service::Smtp).copied();
    shared.outgoing.know_own(incoming.into_iter().collect());
    let (ending, shutdown) = watch::channel(false);
    let slots = Slots::new(&shared.limits);
    let mut running = JoinSet::new();
    for listener in listeners {
        let (shared, slots, ending) = (Arc::clone(shared), Arc::clone(&slots), shutdown.clone());
        let (service, grace) = (listener.service(), shared.timeouts.shutdown);
        let session = move |stream, peer: SocketAddr| {
            let context = Context { shared: Arc::clone(&shared), service, peer, channel: Channel::default() };
            let slot = slots.take(peer.ip());
            sessions::session(stream, context, slot, ending.clone())
        };
        running.spawn(listener.run(session, grace, shutdown.clone()));
    }
    running.spawn(pop3::expiring::run(Arc::clone(shared), shutdown.clone()));
    running.spawn(queue::run(Arc::clone(shared), shutdown));
    Ok(Server { shared: Arc::clone(shared), addresses, ca_pem: identity.ca_pem, ending, running })
}

/// A running server. Dropping it cuts all connections; [`Server::shutdown`] ends it in
/// good order.
pub struct Server {
    shared: Arc<Shared>,
    addresses: BTreeMap<Service, SocketAddr>,
    ca_pem: String,
    ending: watch::Sender<bool>,
    running: JoinSet<()>,
}

impl Server {
    /// Begins to put a server together.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Where the service is found, with the port that it got.
    #[must_use]
    pub fn address(&self, service: Service) -> Option<SocketAddr> {
        self.addresses.get(&service).copied()
    }

    /// All listeners, in the order of [`Service::ALL`].
    pub fn addresses(&self) -> impl Iterator<Item = (Service, SocketAddr)> + '_ {
        self.addresses.iter().map(|(service, address)| (*service, *address))
    }

    /// Makes an account while the server runs, or gives it a new secret.
    ///
    /// # Errors
    /// The address is not of the form `local@domain`, its domain is not local, or the store
    /// failed.
    pub async fn add_account(&self, address: &str, secret: &str) -> Result<(), AccountError> {
        self.add_account_with(address, &self.derive_secret(secret).await?).await
    }

    /// Derives the keys of a secret once, for accounts of a test that all have it: that is most of what
    /// it costs to make one. The keys are good at this server alone.
    ///
    /// # Errors
    /// The secret has characters that cannot be in one, or the system has no randomness.
    pub async fn derive_secret(&self, secret: &str) -> Result<DerivedSecret, AccountError> {
        self.shared.authenticator.derive(secret).await.map_err(|error| match error {
            PutError::Password => AccountError::BadPassword,
            PutError::Store(error) => AccountError::Storage(error.to_string()),
        })
    }

    /// The same as [`Server::add_account`], with a secret from [`Server::derive_secret`].
    ///
    /// # Errors
    /// The address is not of the form `local@domain`, its domain is not local, or the store
    /// failed.
    pub async fn add_account_with(&self, address: &str, secret: &DerivedSecret) -> Result<(), AccountError> {
        match address.rsplit_once('@') {
            Some((_, domain)) if smtp::is_address(address) && self.shared.is_local(domain) => {}
            _ => return Err(AccountError::BadAddress(address.to_owned())),
        }
        let put = self.shared.authenticator.put_derived(address, secret).await;
        put.map(|_| ()).map_err(|error| AccountError::Storage(error.to_string()))
    }

    /// How often the owner of an address may log in over POP3, and how long mail stays there, for as long
    /// as the server runs.
    pub fn set_maildrop(&self, address: &str, policy: MaildropPolicy) {
        self.shared.maildrops.set(address, policy);
    }

    /// Takes a bearer token (OAUTHBEARER, XOAUTH2) for an address, for as long as the server runs.
    pub fn add_token(&self, token: &str, address: &str) {
        self.shared.authenticator.put_token(token, address);
    }

    /// Adds a route while the server runs, or replaces it; as [`Builder::route`].
    pub fn add_route(&self, domain: &str, hop: NextHop) {
        self.shared.outgoing.add_route(domain, hop);
    }

    /// The certificate of the authority that signed the server's certificate, in PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Ends the server: sessions are told, waited for within the time of
    /// [`Timeouts::shutdown`], and the store is closed.
    pub async fn shutdown(mut self) {
        self.ending.send_replace(true);
        while self.running.join_next().await.is_some() {}
        self.shared.store.close().await;
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    fn any() -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 0))
    }

    #[tokio::test]
    async fn listeners_come_in_a_fixed_order_and_end() {
        let server = Server::builder()
            .account("alice@example.test", "alice-secret")
            .listen(Service::Imap, any())
            .listen(Service::Smtp, any())
            .start()
            .await
            .unwrap();
        let order: Vec<_> = server.addresses().map(|(service, _)| service).collect();
        assert_eq!(order, [Service::Smtp, Service::Imap]);
        assert_ne!(server.address(Service::Smtp).unwrap().port(), 0);
        assert!(server.add_account("bob@elsewhere.test", "x").await.is_err());
        server.add_account("bob@example.test", "x").await.unwrap();
        server.shutdown().await;
    }

    #[tokio::test]
    async fn an_address_that_is_taken_is_an_error_unless_the_service_was_optional() {
        let taken = std::net::TcpListener::bind(any()).unwrap();
        let address = taken.local_addr().unwrap();
        let error = Server::builder().listen(Service::Pop3, address).start().await.unwrap_err();
        assert!(matches!(error, StartError::Listen { service: Service::Pop3, .. }));
        let server = Server::builder().listen_if_free(Service::Pop3, address).start().await.unwrap();
        assert_eq!(server.address(Service::Pop3), None);
        server.shutdown().await;
    }

    #[tokio::test]
    async fn names_that_could_not_stand_in_a_reply_are_refused() {
        for bad in ["", "two words", "a\r\nb", "-x", "[127.0.0.1]"] {
            let error = Server::builder().hostname(bad).start().await.unwrap_err();
            assert!(matches!(error, StartError::BadDomain(_)), "{bad:?}");
            let address = format!("alice@{bad}");
            let error = Server::builder().account(address, "x").start().await.unwrap_err();
            assert!(matches!(error, StartError::BadAddress(_)), "{bad:?}");
        }
    }

    #[tokio::test]
    async fn an_unknown_deviation_is_refused_with_the_known_ones() {
        let error = Server::builder().deviation("x").start().await.unwrap_err();
        assert!(error.to_string().contains("smtp-dot-kept"), "{error}");
    }

    async fn greeting(address: SocketAddr) -> (tokio::net::TcpStream, String) {
        use tokio::io::AsyncReadExt;
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let mut octets = vec![0; 100];
        let count = stream.read(&mut octets).await.unwrap_or(0);
        octets.truncate(count);
        (stream, String::from_utf8(octets).unwrap())
    }

    #[tokio::test]
    async fn who_comes_when_the_server_is_full_is_told_so() {
        let server = Server::builder()
            .limits(Limits { connections: 1, ..Limits::default() })
            .listen(Service::Smtp, any())
            .listen(Service::Pop3, any())
            .listen(Service::Imap, any())
            .start()
            .await
            .unwrap();
        let (_held, first) = greeting(server.address(Service::Smtp).unwrap()).await;
        assert!(first.starts_with("220 "), "{first}");
        for (service, wanted) in
            [(Service::Smtp, "421 "), (Service::Pop3, "-ERR "), (Service::Imap, "* BYE ")]
        {
            let (_, told) = greeting(server.address(service).unwrap()).await;
            assert!(told.starts_with(wanted), "{service}: {told}");
        }
        server.shutdown().await;
    }

    #[tokio::test]
    async fn plain_text_on_a_tls_listener_ends_that_connection_only() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let server = Server::builder().listen(Service::Imaps, any()).start().await.unwrap();
        for _ in 0..2 {
            let address = server.address(Service::Imaps).unwrap();
            let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
            stream.write_all(b"a1 CAPABILITY\r\n").await.unwrap();
            let mut octets = Vec::new();
            // An alert, or nothing; then the end, and be it by a reset.
            let _ = stream.read_to_end(&mut octets).await;
            assert!(!octets.starts_with(b"*"), "{octets:?}");
        }
        server.shutdown().await;
    }
}
