//! On what terms a message is sent on, as its sender asked at MAIL or in the header section: under
//! TLS or not, by when, not before, how urgently. What follows from them is the queue's affair. Pure.

use rusqlite::Row;

use super::outgoing::Millis;

/// Must the way be under TLS (RFC 8689)?
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) enum TlsTerm {
    /// As the server does it for all.
    #[default]
    AsUsual,
    /// REQUIRETLS: not without, and only over servers that promise the same.
    Required,
    /// `TLS-Required: No`: arrival matters more.
    Waived,
}

/// What is done when the time of BY is over (RFC 2852, section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lateness {
    /// `R`: the message goes back.
    Return,
    /// `N`: the sender is told, and the message is still tried.
    Notify,
}

/// By when a message is to be delivered (RFC 2852).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DeliverBy {
    /// The end of its time.
    pub(crate) deadline: Millis,
    /// What is done then.
    pub(crate) lateness: Lateness,
    /// `T`: is each relaying told?
    pub(crate) traced: bool,
}

impl DeliverBy {
    /// `by-mode[by-trace]`
    pub(crate) fn mode(self) -> &'static str {
        match (self.lateness, self.traced) {
            (Lateness::Return, false) => "R",
            (Lateness::Return, true) => "RT",
            (Lateness::Notify, false) => "N",
            (Lateness::Notify, true) => "NT",
        }
    }

    /// The same, read.
    pub(crate) fn with_mode(deadline: Millis, mode: &str) -> Option<Self> {
        let (lateness, traced) = match mode.to_ascii_uppercase().as_str() {
            "R" => (Lateness::Return, false),
            "RT" => (Lateness::Return, true),
            "N" => (Lateness::Notify, false),
            "NT" => (Lateness::Notify, true),
            _ => return None,
        };
        Some(Self { deadline, lateness, traced })
    }
}

/// Before when a message is not sent (RFC 4865).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hold {
    /// Then it is released.
    pub(crate) until: Millis,
    /// The wish in the form of a report's field: `for;` or `until;` and the value.
    pub(crate) request: String,
}

/// All that was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    /// REQUIRETLS, or what the header section says in its place.
    pub(crate) tls: TlsTerm,
    /// BY.
    pub(crate) by: Option<DeliverBy>,
    /// HOLDFOR or HOLDUNTIL.
    pub(crate) hold: Option<Hold>,
    /// MT-PRIORITY, from -9 to 9 (RFC 6710).
    pub(crate) priority: Option<i8>,
}

/// The columns of `queue_messages` that hold terms, with their types.
pub(super) const COLUMNS: [&str; 6] = [
    "tls INTEGER NOT NULL DEFAULT 0",
    "by_deadline INTEGER",
    "by_mode TEXT",
    "hold_until INTEGER",
    "hold_request TEXT",
    "priority INTEGER",
];

impl Terms {
    /// Reads those columns.
    pub(super) fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let deadline: Option<Millis> = row.get("by_deadline")?;
        let mode: Option<String> = row.get("by_mode")?;
        let until: Option<Millis> = row.get("hold_until")?;
        let request: Option<String> = row.get("hold_request")?;
        Ok(Self {
            tls: match row.get("tls")? {
                1 => TlsTerm::Required,
                2 => TlsTerm::Waived,
                _ => TlsTerm::AsUsual,
            },
            by: deadline.zip(mode).and_then(|(deadline, mode)| DeliverBy::with_mode(deadline, &mode)),
            hold: until.map(|until| Hold { until, request: request.unwrap_or_default() }),
            priority: row.get("priority")?,
        })
    }

    /// TLS, as the database holds it.
    pub(super) fn tls_number(&self) -> i64 {
        match self.tls {
            TlsTerm::AsUsual => 0,
            TlsTerm::Required => 1,
            TlsTerm::Waived => 2,
        }
    }

    /// From when on a message that came at `arrived` may be sent.
    pub(crate) fn release(&self, arrived: Millis) -> Millis {
        self.hold.as_ref().map_or(arrived, |hold| hold.until.max(arrived))
    }
}
