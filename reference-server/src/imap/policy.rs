//! What the operator has to say about IMAP.

/// What the operator has to say about IMAP.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Policy {
    /// Capabilities that are not offered, in whatever case.
    pub(crate) withheld: Vec<String>,
}

impl Policy {
    /// Whether this capability is offered.
    pub(crate) fn offers(&self, capability: &str) -> bool {
        !self.withheld.iter().any(|withheld| withheld.eq_ignore_ascii_case(capability))
    }
}
