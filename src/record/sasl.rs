//! Authentications in a recording: the lines of the client are not kept, the mechanism is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Item, Names};
use crate::sasl::Mechanism;

/// An exchange under way.
#[derive(Debug)]
pub(super) struct Recorded {
    mechanism: &'static str,
    /// All that the client said, decoded.
    said: Vec<u8>,
}

impl Recorded {
    /// Begins, when the arguments of AUTH or AUTHENTICATE name a mechanism that a `sasl` step knows.
    pub(super) fn begin(arguments: &[u8]) -> Option<Self> {
        let mut words = arguments.split(|octet| *octet == b' ');
        let name = String::from_utf8_lossy(words.next()?).to_ascii_uppercase();
        let mechanism =
            Mechanism::ALL.into_iter().find(|known| known.name() == name && !known.takes_token())?.name();
        let mut recorded = Self { mechanism, said: Vec::new() };
        words.for_each(|word| recorded.client(word));
        Some(recorded)
    }

    /// A line of the client.
    pub(super) fn client(&mut self, line: &[u8]) {
        self.said.extend(STANDARD.decode(line).unwrap_or_default());
        self.said.push(0);
    }

    /// The step, now that the outcome is known.
    pub(super) fn end(self, let_in: bool, names: &Names) -> Item {
        Item::Sasl { mechanism: self.mechanism, account: names.owner(&self.said), let_in }
    }
}
