//! Alters one thing that a case hears.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::change::Change;
use super::log::count;
use crate::run::Interference;
use crate::source::Span;
use crate::wire::{Behind, Instead, Interceptor, Place};

/// What is altered.
#[derive(Debug, Clone)]
pub(super) enum Aim {
    /// The item at this place.
    Item(Place),
    /// Every item that looks like this one and is heard while the script is at this place: where it asks
    /// again and again.
    Alike(Span, Vec<u8>),
    /// What is heard next on this connection, once the script has come to this place.
    Behind(Span, String),
    /// Where nothing was heard.
    Silence(Place),
    /// What is seen in mailboxes while the script is at this place.
    Mailbox(Span),
}

/// How the script stands to the place that matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum At {
    #[default]
    Elsewhere,
    /// It has come there, or to expectations behind it that are judged together with it.
    Here,
    /// The same, and something was heard.
    Hearing,
}

/// One change of what one case hears.
#[derive(Debug)]
pub(super) struct Altering {
    aim: Aim,
    change: Change,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    opened: HashMap<String, usize>,
    /// Where something was altered already.
    spent: HashSet<Place>,
    /// Where the script is: at the place that matters, and whether something was heard there.
    at: At,
    /// What must not come, said by the expectation that forbids it.
    forbidden: Option<Vec<u8>>,
    done: bool,
}

impl Altering {
    pub(super) fn new(aim: Aim, change: Change) -> Self {
        Self { aim, change, state: Mutex::default() }
    }

    /// Whether anything was altered.
    pub(super) fn is_done(&self) -> bool {
        self.lock().done
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Interceptor for Altering {
    fn opened(&self, connection: &str) -> usize {
        count(&mut self.lock().opened, connection)
    }

    fn before(&self, place: &Place) -> Option<Vec<u8>> {
        let mut state = self.lock();
        let octets = match &self.aim {
            Aim::Silence(silence) if silence == place && !state.done => Some(b"250 unasked\r\n".to_vec()),
            // Taken, so that it comes once.
            Aim::Behind(_, connection) if *connection == place.connection => state.forbidden.take(),
            _ => None,
        };
        state.done |= octets.is_some();
        octets
    }

    fn found(&self, place: &Place, octets: &[u8], behind: Behind) -> Instead {
        let hit = match &self.aim {
            Aim::Item(item) => item == place,
            Aim::Alike(_, shape) => self.lock().at != At::Elsewhere && *shape == shape_of(octets),
            Aim::Behind(..) | Aim::Silence(_) | Aim::Mailbox(_) => false,
        };
        let mut state = self.lock();
        if state.at == At::Here {
            state.at = At::Hearing;
        }
        if !hit || !state.spent.insert(place.clone()) {
            return Instead::Itself;
        }
        let instead = match (self.change, behind) {
            (Change::NoEnd, Behind::TheEnd) => Instead::NoEnd,
            (change, _) => change.apply(octets).map_or(Instead::Itself, Instead::Octets),
        };
        state.done |= instead != Instead::Itself;
        instead
    }

    fn in_vain(&self, _place: &Place) {}
}

impl Interference for Altering {
    fn arrive(&self, place: Span) {
        let (Aim::Alike(here, _) | Aim::Mailbox(here)) = &self.aim else { return };
        let mut state = self.lock();
        state.at = match state.at {
            _ if *here == place => At::Here,
            // Expectations of one answer are come to before any of it is heard.
            At::Here if matches!(self.aim, Aim::Alike(..)) => At::Here,
            _ => At::Elsewhere,
        };
    }

    fn forbidden(&self, place: Span, example: Vec<u8>) {
        let mut state = self.lock();
        let wanted = match self.aim {
            Aim::Behind(here, _) | Aim::Mailbox(here) => here == place,
            _ => false,
        };
        if wanted {
            state.forbidden = Some(example);
        }
    }

    fn mailbox(&self, messages: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        let mut state = self.lock();
        if !matches!(self.aim, Aim::Mailbox(_)) || state.at == At::Elsewhere {
            return messages;
        }
        state.done = true;
        self.change.apply_to_mailbox(messages, state.forbidden.as_deref())
    }
}

/// What an item looks like: its beginning without its tag and its numbers.
pub(super) fn shape_of(octets: &[u8]) -> Vec<u8> {
    let head = octets.get(..octets.len().min(64)).unwrap_or_default();
    let mut shape: Vec<u8> = Vec::new();
    for &octet in head {
        let octet = if octet.is_ascii_digit() { b'0' } else { octet };
        if octet != b'0' || shape.last() != Some(&b'0') {
            shape.push(octet);
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(number: usize) -> Place {
        Place { connection: "main".to_owned(), opened: 0, number }
    }

    #[test]
    fn one_item_is_altered_once() {
        let altering = Altering::new(Aim::Item(place(1)), Change::Twice);
        assert_eq!(altering.found(&place(0), b"x", Behind::More), Instead::Itself);
        assert!(!altering.is_done());
        assert_eq!(altering.found(&place(1), b"x", Behind::More), Instead::Octets(b"xx".to_vec()));
        assert_eq!(altering.found(&place(1), b"x", Behind::More), Instead::Itself);
        assert!(altering.is_done());
    }

    #[test]
    fn what_is_polled_is_altered_each_time() {
        let shape = shape_of(b"a3 OK done\r\n");
        let (here, elsewhere) = (Span::new(3, 4), Span::new(8, 9));
        let altering = Altering::new(Aim::Alike(here, shape), Change::Opposite);
        let line = b"a17 OK done\r\n";
        for number in [2, 5] {
            altering.arrive(elsewhere);
            assert_eq!(altering.found(&place(number), line, Behind::More), Instead::Itself);
            altering.arrive(here);
            let instead = altering.found(&place(number + 1), line, Behind::More);
            assert_eq!(instead, Instead::Octets(b"a17 NO done\r\n".to_vec()));
        }
    }

    #[test]
    fn what_is_forbidden_comes_once_behind_its_expectation() {
        let here = Span::new(3, 4);
        let altering = Altering::new(Aim::Behind(here, "main".to_owned()), Change::Forbidden);
        assert_eq!(altering.before(&place(0)), None);
        altering.forbidden(here, b"* 1 EXPUNGE\r\n".to_vec());
        assert_eq!(altering.before(&place(0)), Some(b"* 1 EXPUNGE\r\n".to_vec()));
        assert_eq!(altering.before(&place(0)), None);
    }
}
