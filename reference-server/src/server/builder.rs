//! What a server is to be like; `server` starts it.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::rustls::RootCertStore;

use crate::auth::Fingerprint;
use crate::imap::{self, Literals, Policy};
use crate::limits::{
    AddressVerification, Intake, Limits, PlaintextAuthentication, RecoverableSecrets, Timeouts,
};
use crate::list::List;
use crate::net;
use crate::pop3::policy::MaildropPolicy;
use crate::queue::{Clock, NextHop, Permitted, RelayTls, Relaying, Schedule};
use crate::service::Service;
use crate::smtp::SubmissionPolicy;
use crate::store::{Quota, Storage};

/// What if an address is taken?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binding {
    /// Then the server does not start.
    Wanted,
    /// Then it starts without this service.
    IfFree,
}

/// Puts a [`Server`] together.
#[derive(Debug, Clone)]
pub struct Builder {
    pub(super) storage: Storage,
    pub(super) hostname: String,
    pub(super) domains: Vec<String>,
    pub(super) accounts: Vec<(String, String)>,
    pub(super) lists: Vec<List>,
    pub(super) verification: AddressVerification,
    pub(super) submission: SubmissionPolicy,
    pub(super) listen: BTreeMap<Service, (SocketAddr, Binding)>,
    pub(super) deviations: Vec<String>,
    pub(super) imap: Policy,
    pub(super) quota: Quota,
    pub(super) limits: Limits,
    pub(super) timeouts: Timeouts,
    pub(super) intake: Intake,
    pub(super) plaintext_authentication: PlaintextAuthentication,
    pub(super) recoverable_secrets: RecoverableSecrets,
    pub(super) client_authorities: Option<Arc<RootCertStore>>,
    pub(super) client_certificates: HashMap<Fingerprint, String>,
    pub(super) relaying: Relaying,
    pub(super) maildrops: MaildropPolicy,
    pub(super) own_maildrops: Vec<(String, MaildropPolicy)>,
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
            imap: Policy { withheld: vec![imap::QUOTASET.to_owned()], ..Policy::default() },
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
            own_maildrops: Vec::new(),
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
    /// as they like, and for ever. [`Builder::maildrop`] says otherwise for single accounts.
    #[must_use]
    pub fn maildrops(mut self, policy: MaildropPolicy) -> Self {
        self.maildrops = policy;
        self
    }

    /// What holds for the maildrop of one address in place of what holds for all; may be called several
    /// times. [`Server::set_maildrop`] says it while the server runs.
    #[must_use]
    pub fn maildrop(mut self, address: impl Into<String>, policy: MaildropPolicy) -> Self {
        self.own_maildrops.push((address.into(), policy));
        self
    }

    /// Which literals IMAP clients may send without being asked for them (RFC 7888): LITERAL+, unless told
    /// otherwise.
    #[must_use]
    pub fn literals(mut self, literals: Literals) -> Self {
        self.imap.literals = literals;
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
}
