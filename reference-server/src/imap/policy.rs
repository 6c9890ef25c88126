//! What the operator has to say about IMAP.

/// The capability of messages that are put together (RFC 4469).
pub(crate) const CATENATE: &str = "CATENATE";

/// The capability of names, strings and header fields in UTF-8 (RFC 6855).
pub(crate) const UTF8_ACCEPT: &str = "UTF8=ACCEPT";

/// What the operator has to say about IMAP.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Policy {
    /// Capabilities that are not offered, in whatever case.
    pub(crate) withheld: Vec<String>,
    /// Which literals may come unasked.
    pub(crate) literals: Literals,
}

/// How large a literal may be that a client sends without being asked for it (RFC 7888).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Literals {
    /// LITERAL+: as large as any other.
    #[default]
    Any,
    /// LITERAL-: 4096 octets (section 5). Only one of both may be advertised.
    Small,
}

impl Literals {
    /// The name under which it is advertised.
    pub(crate) fn capability(self) -> &'static str {
        match self {
            Self::Any => "LITERAL+",
            Self::Small => "LITERAL-",
        }
    }

    /// Whether so many octets may come unasked.
    pub(crate) fn allow(self, octets: u64) -> bool {
        self == Self::Any || octets <= 4096
    }
}

impl Policy {
    /// What is asked for, and LITERAL- where LITERAL+ is withheld.
    pub(crate) fn literals(&self) -> Literals {
        match self.offers(Literals::Any.capability()) {
            true => self.literals,
            false => Literals::Small,
        }
    }

    /// Whether this capability is offered.
    pub(crate) fn offers(&self, capability: &str) -> bool {
        !self.withheld.iter().any(|withheld| withheld.eq_ignore_ascii_case(capability))
    }
}
