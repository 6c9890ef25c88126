//! The services that a listener can offer.

use std::fmt;
use std::str::FromStr;

/// One kind of listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Mail from other servers (RFC 5321): local recipients only.
    Smtp,
    /// Mail from users (RFC 6409), TLS by STARTTLS: authentication required.
    Submission,
    /// Mail from users, TLS from the first octet (RFC 8314, section 3.3).
    Submissions,
    /// Local delivery, one reply a recipient (RFC 2033).
    Lmtp,
    /// Mailbox access by POP3 (RFC 1939), TLS by STLS.
    Pop3,
    /// POP3 with TLS from the first octet (RFC 8314, section 3.1).
    Pop3s,
    /// Mailbox access by IMAP4rev1 (RFC 3501), TLS by STARTTLS.
    Imap,
    /// IMAP with TLS from the first octet (RFC 8314, section 3.2).
    Imaps,
}

/// Does TLS begin with the connection or later?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TlsMode {
    /// The connection begins in plain text; STARTTLS or STLS may follow.
    Explicit,
    /// The connection begins with the handshake.
    Implicit,
}

impl Service {
    /// All services, in the order in which they are listed.
    pub const ALL: [Self; 8] = [
        Self::Smtp,
        Self::Submission,
        Self::Submissions,
        Self::Lmtp,
        Self::Pop3,
        Self::Pop3s,
        Self::Imap,
        Self::Imaps,
    ];

    /// The name, as on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Submission => "submission",
            Self::Submissions => "submissions",
            Self::Lmtp => "lmtp",
            Self::Pop3 => "pop3",
            Self::Pop3s => "pop3s",
            Self::Imap => "imap",
            Self::Imaps => "imaps",
        }
    }

    /// The unprivileged port on which the service is found by default.
    #[must_use]
    pub fn default_port(self) -> u16 {
        match self {
            Self::Smtp => 2525,
            Self::Submission => 2587,
            Self::Submissions => 2465,
            Self::Lmtp => 2424,
            Self::Pop3 => 2110,
            Self::Pop3s => 2995,
            Self::Imap => 2143,
            Self::Imaps => 2993,
        }
    }

    pub(crate) fn tls_mode(self) -> TlsMode {
        match self {
            Self::Submissions | Self::Pop3s | Self::Imaps => TlsMode::Implicit,
            Self::Smtp | Self::Submission | Self::Lmtp | Self::Pop3 | Self::Imap => TlsMode::Explicit,
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownService(
    /// The name that was given.
    pub String,
);

impl fmt::Display for UnknownService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Service::ALL.map(Service::name).join(", ");
        write!(f, "no service {:?}: there are {known}", self.0)
    }
}

impl std::error::Error for UnknownService {}

impl FromStr for Service {
    type Err = UnknownService;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|service| service.name() == name)
            .ok_or_else(|| UnknownService(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_is_found_by_its_name() {
        for service in Service::ALL {
            assert_eq!(service.name().parse(), Ok(service));
        }
        assert!("gopher".parse::<Service>().is_err());
    }
}
