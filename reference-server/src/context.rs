//! What every session is handed: the server's parts, and its own connection's facts.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;

use crate::auth::Authenticator;
use crate::channel::Channel;
use crate::deviation::Seams;
use crate::imap::Policy;
use crate::limits::{AddressVerification, Intake, Limits, PlaintextAuthentication, Timeouts};
use crate::list::List;
use crate::pop3::policy::Maildrops;
use crate::queue::Outgoing;
use crate::recipient::ascii_domain;
use crate::service::Service;
use crate::smtp::SubmissionPolicy;
use crate::store::Store;

/// The parts of a running server that sessions share.
pub(crate) struct Shared {
    /// Name by which the server greets.
    pub(crate) hostname: String,
    /// Domains whose addresses are local.
    pub(crate) domains: Vec<String>,
    /// Mailing lists.
    pub(crate) lists: Vec<List>,
    /// What is done with submissions.
    pub(crate) submission: SubmissionPolicy,
    /// What VRFY and EXPN tell.
    pub(crate) verification: AddressVerification,
    /// The mail.
    pub(crate) store: Store,
    /// Who verifies passwords.
    pub(crate) authenticator: Authenticator,
    /// Mail for other domains.
    pub(crate) outgoing: Outgoing,
    /// How often users may log in over POP3, and how long their mail stays.
    pub(crate) maildrops: Maildrops,
    /// Where deviations mount; by default all as the RFCs want it.
    pub(crate) seams: Arc<Seams>,
    /// What is offered over IMAP.
    pub(crate) imap: Policy,
    /// Bounds.
    pub(crate) limits: Limits,
    /// Deadlines.
    pub(crate) timeouts: Timeouts,
    /// Is mail taken from other servers?
    pub(crate) intake: Intake,
    /// May passwords cross without TLS?
    pub(crate) plaintext_authentication: PlaintextAuthentication,
    /// The TLS side of STARTTLS and implicit TLS.
    pub(crate) tls: TlsAcceptor,
}

impl Shared {
    /// Is this domain one whose addresses are local?
    pub(crate) fn is_local(&self, domain: &str) -> bool {
        self.local_domain(domain).is_some()
    }

    /// The local domain that this is, as it was configured. Upper and lower case do not matter,
    /// nor does it whether it comes in U-labels or A-labels (RFC 5890, section 2.3.2.4).
    pub(crate) fn local_domain(&self, domain: &str) -> Option<&str> {
        let wanted = ascii_domain(domain);
        self.domains.iter().find(|local| ascii_domain(local) == wanted).map(String::as_str)
    }
}

/// What one session knows of its surroundings.
#[derive(Clone)]
pub(crate) struct Context {
    /// The server's parts.
    pub(crate) shared: Arc<Shared>,
    /// Which listener accepted the connection.
    pub(crate) service: Service,
    /// The other end.
    pub(crate) peer: SocketAddr,
    /// What TLS says of the connection.
    pub(crate) channel: Channel,
}

impl Context {
    /// May the peer send a password, given whether the connection is under TLS?
    pub(crate) fn password_allowed(&self, under_tls: bool) -> bool {
        under_tls || self.shared.plaintext_authentication.allows(self.peer.ip())
    }
}
