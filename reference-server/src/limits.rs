//! How much and how long: every buffer has a bound and every wait a deadline.

use std::time::Duration;

/// Bounds on what the server takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections at one time, over all listeners.
    pub connections: usize,
    /// Those of one address among them, or of one network of IPv6; this machine's own may be all.
    pub address_connections: usize,
    /// Octets of one message, by SMTP or APPEND.
    pub message_octets: u64,
    /// Recipients of one message; at least 100 (RFC 5321, section 4.5.3.1.8).
    pub recipients: usize,
    /// MAIL commands of one session, if there is a limit (RFC 9422: MAILMAX).
    pub transactions: Option<usize>,
    /// Domains of recipients in one session, if there is a limit (RFC 9422: RCPTDOMAINMAX).
    pub recipient_domains: Option<usize>,
    /// Octets of an SMTP command line, CRLF included: at least 512 (RFC 5321, section
    /// 4.5.3.1.4), and the extensions some hundred more for MAIL (RFC 4954, section 3: 500).
    pub command_octets: usize,
    /// Received fields of one message, above which it is taken for one that goes round in
    /// circles (RFC 5321, section 6.3: at least 100).
    pub hops: usize,
    /// Errors in one session before the server hangs up.
    pub errors: u32,
    /// Failed logins in one session before the server hangs up: at least 3 (RFC 4954, section 9).
    pub failed_logins: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1000,
            address_connections: 250,
            message_octets: 50 * 1024 * 1024,
            recipients: 1000,
            transactions: None,
            recipient_domains: None,
            command_octets: 2048,
            hops: 100,
            errors: 50,
            failed_logins: 10,
        }
    }
}

impl Limits {
    /// The names by which [`Limits::set`] knows them.
    pub const NAMES: [&'static str; 10] = [
        "connections",
        "address-connections",
        "message-octets",
        "recipients",
        "transactions",
        "recipient-domains",
        "command-octets",
        "hops",
        "errors",
        "failed-logins",
    ];

    /// Sets the limit of this name; `false` where there is none.
    #[must_use]
    pub fn set(&mut self, name: &str, value: u32) -> bool {
        let count = usize::try_from(value).unwrap_or(usize::MAX);
        match name {
            "connections" => self.connections = count,
            "address-connections" => self.address_connections = count,
            "message-octets" => self.message_octets = u64::from(value),
            "recipients" => self.recipients = count,
            "transactions" => self.transactions = Some(count),
            "recipient-domains" => self.recipient_domains = Some(count),
            "command-octets" => self.command_octets = count,
            "hops" => self.hops = count,
            "errors" => self.errors = value,
            "failed-logins" => self.failed_logins = value,
            _ => return false,
        }
        true
    }
}

/// Longest waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeouts {
    /// For an SMTP command: at least 5 minutes (RFC 5321, section 4.5.3.2.7).
    pub smtp: Duration,
    /// For a POP3 command: at least 10 minutes (RFC 1939, section 3).
    pub pop3: Duration,
    /// For an IMAP command: at least 30 minutes (RFC 3501, section 5.4).
    pub imap: Duration,
    /// For an IMAP client to log in, from the greeting on (RFC 9051, section 5.4: a shorter time before
    /// authentication than after it keeps others from holding connections for nothing).
    pub login: Duration,
    /// For the peer to take what was written.
    pub write: Duration,
    /// For a TLS handshake.
    pub handshake: Duration,
    /// For sessions to end when the server does.
    pub shutdown: Duration,
    /// Before an attempt to log in, for clients at an address from which many have failed (RFC 3501,
    /// section 11.2); none where it is zero. This machine's own never wait.
    pub login_delay: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            smtp: Duration::from_secs(5 * 60),
            pop3: Duration::from_secs(10 * 60),
            imap: Duration::from_secs(30 * 60),
            login: Duration::from_secs(5 * 60),
            write: Duration::from_secs(60),
            handshake: Duration::from_secs(30),
            shutdown: Duration::from_secs(5),
            login_delay: Duration::from_secs(10),
        }
    }
}

/// Is mail taken from other servers?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Intake {
    /// Yes.
    #[default]
    Open,
    /// No: the SMTP listener greets with 521 and says it to everything but QUIT (RFC 7504, RFC
    /// 5321, section 3.1), for hosts that only send.
    Closed,
}

impl Timeouts {
    /// The names by which [`Timeouts::set`] knows them.
    pub const NAMES: [&'static str; 8] =
        ["smtp", "pop3", "imap", "login", "write", "handshake", "shutdown", "login-delay"];

    /// Sets the time of this name; `false` where there is none.
    #[must_use]
    pub fn set(&mut self, name: &str, time: Duration) -> bool {
        match name {
            "smtp" => self.smtp = time,
            "pop3" => self.pop3 = time,
            "imap" => self.imap = time,
            "login" => self.login = time,
            "write" => self.write = time,
            "handshake" => self.handshake = time,
            "shutdown" => self.shutdown = time,
            "login-delay" => self.login_delay = time,
            _ => return false,
        }
        true
    }
}

/// Do VRFY and EXPN tell who has a mailbox here (RFC 5321, sections 3.5.2 and 7.3)?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AddressVerification {
    /// They do.
    #[default]
    Told,
    /// They answer 252 to everything, which tells nothing.
    Withheld,
}

/// May a password cross a connection without TLS?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlaintextAuthentication {
    /// Only where the peer is on this machine.
    #[default]
    Loopback,
    /// Everywhere: for tests in closed networks.
    Everywhere,
    /// Nowhere.
    Never,
}

/// Are passwords kept so that they can be had back? CRAM-MD5 (RFC 2195) needs that; the other
/// mechanisms do with keys from which no password can be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RecoverableSecrets {
    /// No: CRAM-MD5 is not offered.
    #[default]
    Never,
    /// Yes, for CRAM-MD5: whoever reads the store has every password.
    Kept,
}

impl PlaintextAuthentication {
    /// May this peer send a password without TLS?
    pub(crate) fn allows(self, peer: std::net::IpAddr) -> bool {
        match self {
            Self::Loopback => peer.to_canonical().is_loopback(),
            Self::Everywhere => true,
            Self::Never => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_sets_something_and_no_other_does() {
        for name in Limits::NAMES {
            let mut limits = Limits::default();
            assert!(limits.set(name, 7) && limits != Limits::default(), "{name}");
        }
        for name in Timeouts::NAMES {
            let mut timeouts = Timeouts::default();
            assert!(timeouts.set(name, Duration::from_secs(7)) && timeouts != Timeouts::default(), "{name}");
        }
        assert!(!Limits::default().set("x", 7) && !Timeouts::default().set("x", Duration::ZERO));
    }
}
