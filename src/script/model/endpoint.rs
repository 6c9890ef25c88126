//! What is spoken, and at which port of a target.

/// What is spoken on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// RFC 5321 relay and delivery.
    Smtp,
    /// RFC 6409 submission: SMTP with a login first.
    Submission,
    /// RFC 2033.
    Lmtp,
    /// RFC 1939.
    Pop3,
    /// RFC 3501, RFC 9051.
    Imap,
}

impl Protocol {
    /// Every protocol.
    pub const ALL: [Self; 5] = [Self::Smtp, Self::Submission, Self::Lmtp, Self::Pop3, Self::Imap];

    /// Its word in scripts and profiles.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Submission => "submission",
            Self::Lmtp => "lmtp",
            Self::Pop3 => "pop3",
            Self::Imap => "imap",
        }
    }

    /// Whether replies are framed as SMTP's.
    #[must_use]
    pub const fn is_smtp_like(self) -> bool {
        matches!(self, Self::Smtp | Self::Submission | Self::Lmtp)
    }
}

/// A port of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// SMTP, port 25.
    Smtp,
    /// Submission with STARTTLS, port 587.
    Submission,
    /// Submission over implicit TLS, port 465.
    Submissions,
    /// LMTP.
    Lmtp,
    /// POP3, port 110.
    Pop3,
    /// POP3 over implicit TLS, port 995.
    Pop3s,
    /// IMAP, port 143.
    Imap,
    /// IMAP over implicit TLS, port 993.
    Imaps,
}

impl Endpoint {
    /// Every endpoint.
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

    /// Its word in scripts and profiles.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
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

    /// The protocol spoken there.
    #[must_use]
    pub const fn protocol(self) -> Protocol {
        match self {
            Self::Smtp => Protocol::Smtp,
            Self::Submission | Self::Submissions => Protocol::Submission,
            Self::Lmtp => Protocol::Lmtp,
            Self::Pop3 | Self::Pop3s => Protocol::Pop3,
            Self::Imap | Self::Imaps => Protocol::Imap,
        }
    }

    /// Whether TLS begins with the first octet.
    #[must_use]
    pub const fn is_implicit_tls(self) -> bool {
        matches!(self, Self::Submissions | Self::Pop3s | Self::Imaps)
    }

    /// The endpoint a protocol uses when a script names none.
    #[must_use]
    pub const fn default_of(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Smtp => Self::Smtp,
            Protocol::Submission => Self::Submission,
            Protocol::Lmtp => Self::Lmtp,
            Protocol::Pop3 => Self::Pop3,
            Protocol::Imap => Self::Imap,
        }
    }
}
