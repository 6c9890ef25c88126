//! The running server and how it is put together.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::rustls::RootCertStore;

use crate::auth::{Authenticator, CertificateTrust, Fingerprint, PutError};
use crate::channel::Channel;
use crate::context::{Context, Shared};
use crate::deviation;
use crate::imap::{self, Policy};
use crate::limits::{
    AddressVerification, Intake, Limits, PlaintextAuthentication, RecoverableSecrets, Timeouts,
};
use crate::list::List;
use crate::net::{self, ClientCertificates, Identity, Listener};
use crate::pop3;
use crate::pop3::policy::{MaildropPolicy, Maildrops};
use crate::queue::{self, Clock, NextHop, Outgoing, Permitted, RelayTls, Relaying, Schedule};
use crate::recipient::ascii_domain;
use crate::service::Service;
use crate::sessions;
use crate::smtp::{self, SubmissionPolicy};
use crate::store::{Quota, Storage, Store, StoreError};

/// What if an address is taken?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Binding {
    /// Then the server does not start.
    Wanted,
    /// Then it starts without this service.
    IfFree,
}

/// Puts a [`Server`] together.
#[derive(Debug, Clone)]
pub struct Builder {
    storage: Storage,
    hostname: String,
    domains: Vec<String>,
    accounts: Vec<(String, String)>,
    lists: Vec<List>,
    verification: AddressVerification,
    submission: SubmissionPolicy,
    listen: BTreeMap<Service, (SocketAddr, Binding)>,
    deviations: Vec<String>,
    imap: Policy,
    quota: Quota,
    limits: Limits,
    timeouts: Timeouts,
    intake: Intake,
    plaintext_authentication: PlaintextAuthentication,
    recoverable_secrets: RecoverableSecrets,
    client_authorities: Option<Arc<RootCertStore>>,
    client_certificates: HashMap<Fingerprint, String>,
    relaying: Relaying,
    maildrops: MaildropPolicy,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            storage: Storage::Memory,
            hostname: "mail.example.test".to_owned(),
            domains: Vec::new(),
            accounts: Vec::new(),
            lists: Vec::new(),
            verification: AddressVerification::default(),
            submission: SubmissionPolicy::default(),
            listen: BTreeMap::new(),
            deviations: Vec::new(),
            imap: Policy { withheld: vec![imap::QUOTASET.to_owned()] },
            quota: Quota::default(),
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            intake: Intake::default(),
            plaintext_authentication: PlaintextAuthentication::default(),
            recoverable_secrets: RecoverableSecrets::default(),
            client_authorities: None,
            client_certificates: HashMap::new(),
            relaying: Relaying::default(),
            maildrops: MaildropPolicy::default(),
        }
    }
}

impl Builder {
    /// Where the mail is kept; in memory unless told otherwise.
    #[must_use]
    pub fn storage(mut self, storage: Storage) -> Self {
        self.storage = storage;
        self
    }

    /// The name by which the server greets; `mail.example.test` unless told otherwise.
    #[must_use]
    pub fn hostname(mut self, hostname: impl Into<String>) -> Self {
        self.hostname = hostname.into();
        self
    }

    /// A domain whose addresses are local; may be called several times. The domains of the
    /// accounts are local anyway; with neither, `example.test` is.
    #[must_use]
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domains.push(domain.into());
        self
    }

    /// An account, made at the start where it is new; otherwise it gets this secret.
    #[must_use]
    pub fn account(mut self, address: impl Into<String>, secret: impl Into<String>) -> Self {
        self.accounts.push((address.into(), secret.into()));
        self
    }

    /// A mailing list: what is sent to it goes to its members, with the owner as return path. The
    /// domain of its address is local.
    #[must_use]
    pub fn list(mut self, address: &str, owner: &str, members: &[&str]) -> Self {
        self.lists.push(List {
            address: address.to_owned(),
            owner: owner.to_owned(),
            members: members.iter().map(|member| (*member).to_owned()).collect(),
        });
        self
    }

    /// What is done with messages that users submit.
    #[must_use]
    pub fn submission(mut self, policy: SubmissionPolicy) -> Self {
        self.submission = policy;
        self
    }

    /// What VRFY and EXPN tell.
    #[must_use]
    pub fn address_verification(mut self, policy: AddressVerification) -> Self {
        self.verification = policy;
        self
    }

    /// Offers a service at an address; port 0 is any free one.
    #[must_use]
    pub fn listen(mut self, service: Service, address: SocketAddr) -> Self {
        self.listen.insert(service, (address, Binding::Wanted));
        self
    }

    /// Offers a service at an address where that is free; otherwise the server starts without
    /// it.
    #[must_use]
    pub fn listen_if_free(mut self, service: Service, address: SocketAddr) -> Self {
        self.listen.insert(service, (address, Binding::IfFree));
        self
    }

    /// Breaks one requirement on purpose; may be called several times. An id that is unknown
    /// is refused at the start.
    #[must_use]
    pub fn deviation(mut self, id: impl Into<String>) -> Self {
        self.deviations.push(id.into());
        self
    }

    /// Neither advertises this IMAP extension nor has its commands; may be called several times. A
    /// name that is unknown is refused at the start.
    #[must_use]
    pub fn without(mut self, capability: impl Into<String>) -> Self {
        self.imap.withheld.push(capability.into());
        self
    }

    /// How much each of the accounts may keep that are named at the start; without it as much as they
    /// like.
    #[must_use]
    pub fn quota(mut self, quota: Quota) -> Self {
        self.quota = quota;
        self
    }

    /// How often users may log in over POP3, and how long mail stays in their INBOX; without it as often
    /// as they like, and for ever. [`Server::set_maildrop`] says otherwise for single accounts.
    #[must_use]
    pub fn maildrops(mut self, policy: MaildropPolicy) -> Self {
        self.maildrops = policy;
        self
    }

    /// Lets users set their own quotas (IMAP SETQUOTA): for tests, which need small ones.
    #[must_use]
    pub fn users_set_quotas(mut self) -> Self {
        self.imap.withheld.retain(|name| name != imap::QUOTASET);
        self
    }

    /// How much the server takes.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How long the server waits.
    #[must_use]
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// Is mail taken from other servers?
    #[must_use]
    pub fn intake(mut self, intake: Intake) -> Self {
        self.intake = intake;
        self
    }

    /// May passwords cross connections without TLS?
    #[must_use]
    pub fn plaintext_authentication(mut self, policy: PlaintextAuthentication) -> Self {
        self.plaintext_authentication = policy;
        self
    }

    /// Are passwords kept so that they can be had back, and CRAM-MD5 offered? Accounts that were
    /// made without it cannot use CRAM-MD5 until they are given a secret again.
    #[must_use]
    pub fn recoverable_secrets(mut self, policy: RecoverableSecrets) -> Self {
        self.recoverable_secrets = policy;
        self
    }

    /// Lets whoever has a client certificate from one of the authorities in this text (PEM) in as the
    /// account whose address stands in it (`rfc822Name` in subjectAltName), by SASL EXTERNAL (RFC 4422,
    /// appendix A). A certificate with the addresses of several accounts lets nobody in. Clients
    /// are asked for a certificate, and need not have one.
    ///
    /// # Errors
    /// There is none in it, or one that cannot be read.
    pub fn client_authorities(mut self, pem: &str) -> io::Result<Self> {
        self.client_authorities = Some(Arc::new(net::roots(pem)?));
        Ok(self)
    }

    /// Lets whoever has the certificate of this SHA-256 fingerprint in as this account, by SASL
    /// EXTERNAL, whoever has signed it; may be called several times.
    #[must_use]
    pub fn client_certificate(mut self, fingerprint: [u8; 32], address: impl Into<String>) -> Self {
        self.client_certificates.insert(fingerprint, address.into());
        self
    }

    /// Hands mail for a domain over to a server, for users who have logged in; `*` stands for
    /// every domain that has no route of its own (a smarthost). Without a route to its domain
    /// a recipient is refused.
    #[must_use]
    pub fn route(mut self, domain: &str, hop: NextHop) -> Self {
        self.relaying.routes.add(domain, hop);
        self
    }

    /// Asks this name server for the servers of domains that have no route (RFC 5321, section
    /// 5.1), so that users who have logged in can send everywhere.
    #[must_use]
    pub fn resolver(mut self, name_server: SocketAddr) -> Self {
        self.relaying.resolver = Some(name_server);
        self
    }

    /// Lets ETRN start what waits for this domain and those below it, asked from these addresses, or from
    /// anywhere where there are none (RFC 1985, section 5.2). What is not named so, once one is, gets 459.
    #[must_use]
    pub fn etrn(mut self, domain: &str, clients: &[IpAddr]) -> Self {
        let clients = clients.iter().map(IpAddr::to_canonical).collect();
        let node = Permitted { domain: domain.to_ascii_lowercase(), clients };
        self.relaying.nodes.get_or_insert_default().push(node);
        self
    }

    /// How long an answer of the name server is waited for, all attempts together; 20 seconds where nothing
    /// is said. Mail whose way is not found in time waits.
    #[must_use]
    pub fn resolver_patience(mut self, patience: Duration) -> Self {
        self.relaying.resolver_patience = patience;
        self
    }

    /// The port of the servers that the name server names; 25 unless told otherwise.
    #[must_use]
    pub fn relay_port(mut self, port: u16) -> Self {
        self.relaying.port = port;
        self
    }

    /// Is TLS used towards the servers that the name server names? Where they offer it, unless
    /// told otherwise.
    #[must_use]
    pub fn relay_tls(mut self, tls: RelayTls) -> Self {
        self.relaying.tls = tls;
        self
    }

    /// Believes certificates from the authorities whose own certificates stand in this text (PEM),
    /// where [`RelayTls::Verified`] or a sender (REQUIRETLS, RFC 8689) wants them verified.
    ///
    /// # Errors
    /// There is none in it, or one that cannot be read.
    pub fn relay_authorities(mut self, pem: &str) -> io::Result<Self> {
        self.relaying.anchors = Some(net::Anchors::from_pem(pem)?);
        Ok(self)
    }

    /// When mail for other domains is tried again, and when it is given up.
    #[must_use]
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.relaying.schedule = schedule;
        self
    }

    /// The clock that the queue and maildrops go by, which a test keeps and puts forward.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.relaying.clock = clock;
        self
    }

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
    let slots = Arc::new(Semaphore::new(shared.limits.connections));
    let mut running = JoinSet::new();
    for listener in listeners {
        let (shared, slots, ending) = (Arc::clone(shared), Arc::clone(&slots), shutdown.clone());
        let (service, grace) = (listener.service(), shared.timeouts.shutdown);
        let session = move |stream, peer| {
            let context = Context { shared: Arc::clone(&shared), service, peer, channel: Channel::default() };
            let slot = Arc::clone(&slots).try_acquire_owned().ok();
            sessions::session(stream, context, slot, ending.clone())
        };
        running.spawn(listener.run(session, grace, shutdown.clone()));
    }
    running.spawn(pop3::expiring::run(Arc::clone(shared), shutdown.clone()));
    running.spawn(queue::run(Arc::clone(shared), shutdown));
    Ok(Server { shared: Arc::clone(shared), addresses, ca_pem: identity.ca_pem, ending, running })
}

/// Why a server did not start.
#[derive(Debug)]
pub enum StartError {
    /// No deviation has this id.
    UnknownDeviation(String),
    /// No IMAP extension has this name.
    UnknownCapability(String),
    /// An account's address is not of the form `local@domain`.
    BadAddress(String),
    /// The password of the account with this address cannot be one (RFC 4013).
    BadPassword(String),
    /// The hostname, or a domain, is not a domain name.
    BadDomain(String),
    /// The store cannot be opened: the text says why.
    Storage(String),
    /// The certificates cannot be made, read or written.
    Tls(io::Error),
    /// The name server cannot be asked: the text says why.
    Resolver(String),
    /// A listener cannot be bound.
    Listen {
        /// For this service.
        service: Service,
        /// To this address.
        address: SocketAddr,
        /// For this reason.
        error: io::Error,
    },
}

impl StartError {
    fn storage(error: StoreError) -> Self {
        Self::Storage(error.to_string())
    }

    fn account(address: &str, error: PutError) -> Self {
        match error {
            PutError::Password => Self::BadPassword(address.to_owned()),
            PutError::Store(error) => Self::storage(error),
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownDeviation(id) => {
                let known: Vec<_> = deviation::all().iter().map(|known| known.id).collect();
                write!(f, "no deviation {id:?}: there are {}", known.join(", "))
            }
            Self::UnknownCapability(name) => write!(f, "no IMAP extension {name:?} that could be left out"),
            Self::BadAddress(address) => {
                write!(f, "{address:?} is no address: local@domain is needed")
            }
            Self::BadPassword(address) => write!(f, "account {address}: {}", PutError::Password),
            Self::BadDomain(name) => {
                write!(f, "{name:?} is no domain name: letters, digits and hyphens between dots")
            }
            Self::Storage(reason) => f.write_str(reason),
            Self::Resolver(reason) => write!(f, "name server: {reason}"),
            Self::Tls(error) => write!(f, "certificates: {error}"),
            Self::Listen { service, address, error } => {
                write!(f, "{service} cannot listen on {address}: {error}")
            }
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Tls(error) | Self::Listen { error, .. } => Some(error),
            Self::UnknownDeviation(_)
            | Self::BadAddress(_)
            | Self::BadPassword(_)
            | Self::BadDomain(_)
            | Self::Storage(_)
            | Self::Resolver(_)
            | Self::UnknownCapability(_) => None,
        }
    }
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
        match address.rsplit_once('@') {
            Some((_, domain)) if smtp::is_address(address) && self.shared.is_local(domain) => {}
            _ => return Err(AccountError::BadAddress(address.to_owned())),
        }
        self.shared.authenticator.put_account(address, secret).await.map_err(|error| match error {
            PutError::Password => AccountError::BadPassword,
            PutError::Store(error) => AccountError::Storage(error.to_string()),
        })?;
        Ok(())
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

/// Why an account was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountError {
    /// Not of the form `local@domain` with a local domain.
    BadAddress(String),
    /// The secret has characters that cannot be in one, or is empty (RFC 4013).
    BadPassword,
    /// The store failed: the text says why.
    Storage(String),
}

impl fmt::Display for AccountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadAddress(address) => write!(f, "{address:?} is no address of this server"),
            Self::BadPassword => PutError::Password.fmt(f),
            Self::Storage(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for AccountError {}

#[cfg(test)]
mod tests {
    use super::*;

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
