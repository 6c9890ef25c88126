//! What a case heard while nothing was altered, in the order of its script.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::run::Interference;
use crate::source::Span;
use crate::wire::{Behind, Instead, Interceptor, Place};

/// Octets of an item that are kept: enough to see what can be altered.
const KEPT: usize = 64 * 1024;

/// What happened.
#[derive(Debug, Clone)]
pub(super) enum Moment {
    /// The script came to this place.
    Arrived(Span),
    /// An item was taken.
    Found {
        /// Where.
        place: Place,
        /// Its octets, of a long one the first.
        octets: Vec<u8>,
        /// Whether the connection ended behind it.
        behind: Behind,
    },
    /// Nothing came in time.
    InVain(Place),
    /// A mailbox was looked into.
    Looked,
}

/// Notes, and alters nothing.
#[derive(Debug, Default)]
pub(super) struct Log {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    opened: HashMap<String, usize>,
    moments: Vec<Moment>,
}

impl Log {
    /// What was noted.
    pub(super) fn take(&self) -> Vec<Moment> {
        std::mem::take(&mut self.lock().moments)
    }

    fn note(&self, moment: Moment) {
        self.lock().moments.push(moment);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Interceptor for Log {
    fn opened(&self, connection: &str) -> usize {
        count(&mut self.lock().opened, connection)
    }

    fn before(&self, _place: &Place) -> Option<Vec<u8>> {
        None
    }

    fn found(&self, place: &Place, octets: &[u8], behind: Behind) -> Instead {
        let octets = octets.get(..octets.len().min(KEPT)).unwrap_or_default().to_vec();
        self.note(Moment::Found { place: place.clone(), octets, behind });
        Instead::Itself
    }

    fn in_vain(&self, place: &Place) {
        self.note(Moment::InVain(place.clone()));
    }
}

impl Interference for Log {
    fn arrive(&self, place: Span) {
        self.note(Moment::Arrived(place));
    }

    fn forbidden(&self, place: Span, _example: Vec<u8>) {
        self.note(Moment::Arrived(place));
    }

    fn mailbox(&self, messages: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        self.note(Moment::Looked);
        messages
    }
}

/// Which connection of a name this is, from 0.
pub(super) fn count(opened: &mut HashMap<String, usize>, connection: &str) -> usize {
    let next = opened.entry(connection.to_owned()).or_default();
    *next += 1;
    *next - 1
}
