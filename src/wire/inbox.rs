//! What a connection has received and nobody has taken yet.
//!
//! Filled by the reader task, emptied by whoever waits; bounded by [`MAX_UNREAD`].

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

use super::intercept::{Behind, Instead, Interceptor, Place};

/// Octets that may lie unread before the connection stops reading.
pub(crate) const MAX_UNREAD: usize = 64 * 1024 * 1024;

/// How the other side of a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The peer closed it in good order (FIN, or TLS close_notify).
    Closed,
    /// The peer reset it.
    Reset,
    /// The peer ended TLS by a fatal alert, by its name.
    Alert(String),
    /// TLS ended badly, with the library's words.
    Tls(String),
    /// What came was not compressed as it should be, with the library's words.
    Compression(String),
    /// Reading failed, with the system's words.
    Failed(String),
    /// More than [`MAX_UNREAD`] octets lay unread.
    Overflow,
}

impl End {
    /// How it ended, told of this peer: `the server`, `the client`.
    #[must_use]
    pub fn told_of(&self, peer: &str) -> String {
        match self {
            Self::Closed => format!("{peer} closed the connection"),
            Self::Reset => format!("{peer} reset the connection"),
            Self::Alert(alert) => format!("{peer} ended TLS by the fatal alert {alert}"),
            Self::Tls(why) => format!("TLS ended badly: {why}"),
            Self::Compression(why) => format!("what came is not compressed by DEFLATE: {why}"),
            Self::Failed(why) => format!("reading failed: {why}"),
            Self::Overflow => format!("more than {MAX_UNREAD} octets came unasked for"),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told_of("the server"))
    }
}

/// What a waiter makes of the octets received so far.
#[derive(Debug)]
pub enum Take<T> {
    /// More must come.
    More,
    /// It found what it looked for in the first `consumed` octets.
    Done {
        /// Octets to remove.
        consumed: usize,
        /// What they were.
        item: T,
    },
}

/// A place to which what was taken can be put back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    octets: usize,
    items: usize,
}

/// The shared buffer between the reader task and those who wait.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    state: Mutex<State>,
    changed: Notify,
    between: Option<Between>,
}

/// Who stands between the peer and those who wait, and which connection this is.
#[derive(Debug)]
struct Between {
    interceptor: Arc<dyn Interceptor>,
    connection: String,
    opened: usize,
}

impl Between {
    fn place(&self, number: usize) -> Place {
        Place { connection: self.connection.clone(), opened: self.opened, number }
    }
}

#[derive(Debug, Default)]
struct State {
    octets: Vec<u8>,
    /// Octets at the head of `octets` that were taken already.
    taken: usize,
    /// Items that waiters took.
    items: usize,
    /// How many marks want taken octets kept.
    marks: usize,
    last_arrival: Option<Instant>,
    end: Option<End>,
}

impl Inbox {
    /// An empty one, of a connection of this name, with somebody between.
    pub(crate) fn intercepted(interceptor: Option<Arc<dyn Interceptor>>, connection: &str) -> Self {
        let between = interceptor.map(|interceptor| Between {
            opened: interceptor.opened(connection),
            interceptor,
            connection: connection.to_owned(),
        });
        Self { between, ..Self::default() }
    }

    /// Adds what arrived; `false` when the bound is reached and reading must stop.
    pub(crate) fn push(&self, octets: &[u8], at: Instant) -> bool {
        let mut state = self.lock();
        state.octets.extend_from_slice(octets);
        state.last_arrival = Some(at);
        let full = state.octets.len() - state.taken > MAX_UNREAD;
        if full {
            state.end = Some(End::Overflow);
        }
        drop(state);
        self.changed.notify_waiters();
        !full
    }

    /// Says how it ended; the first end stays.
    pub(crate) fn finish(&self, end: End) {
        let mut state = self.lock();
        state.end.get_or_insert(end);
        drop(state);
        self.changed.notify_waiters();
    }

    /// Shows the unread octets and the end, if there is one.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&[u8], Option<&End>) -> T) -> T {
        let state = self.lock();
        look(state.octets.get(state.taken..).unwrap_or_default(), state.end.as_ref())
    }

    /// Removes all unread octets and gives them.
    pub(crate) fn drain(&self) -> Vec<u8> {
        let octets = self.look(|octets, _| octets.to_vec());
        self.consume(octets.len());
        octets
    }

    /// When the last octets came.
    pub(crate) fn last_arrival(&self) -> Option<Instant> {
        self.lock().last_arrival
    }

    /// Removes octets from the head.
    pub(crate) fn consume(&self, count: usize) {
        let mut state = self.lock();
        state.taken = state.taken.saturating_add(count).min(state.octets.len());
        // Moving the rest down each time would make many small replies quadratic.
        if state.marks > 0 {
            return;
        }
        if state.taken > 64 * 1024 || state.taken == state.octets.len() {
            let taken = state.taken;
            state.octets.drain(..taken);
            state.taken = 0;
        }
    }

    /// Keeps what is taken from here on; gives the place to put it back to.
    pub(crate) fn keep(&self) -> Kept {
        let mut state = self.lock();
        state.marks += 1;
        Kept { octets: state.taken, items: state.items }
    }

    /// Makes octets unread that were taken since a mark stood at this place.
    pub(crate) fn put_back(&self, kept: Kept) {
        let mut state = self.lock();
        state.taken = kept.octets.min(state.taken);
        state.items = kept.items;
    }

    /// A mark is gone.
    pub(crate) fn release(&self) {
        let mut state = self.lock();
        state.marks = state.marks.saturating_sub(1);
    }

    /// Asks `take` again at each arrival, until it is done or the deadline has passed.
    pub(crate) async fn wait<T>(
        &self,
        deadline: Instant,
        mut take: impl FnMut(&[u8], Option<&End>) -> Take<T>,
    ) -> Option<T> {
        self.put_before();
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Registered before looking, so that no arrival between is missed.
            changed.as_mut().enable();
            if let Take::Done { consumed, item } = self.look(&mut take) {
                if self.replaced(consumed) {
                    continue;
                }
                self.lock().items += 1;
                self.consume(consumed);
                return Some(item);
            }
            if tokio::time::timeout_at(deadline.into(), changed).await.is_err() {
                if let Some(between) = &self.between {
                    between.interceptor.in_vain(&between.place(self.lock().items));
                }
                return None;
            }
        }
    }

    /// Puts before the unread octets what somebody between has to say.
    fn put_before(&self) {
        let Some(between) = &self.between else { return };
        let mut state = self.lock();
        if let Some(octets) = between.interceptor.before(&between.place(state.items)) {
            let taken = state.taken;
            state.octets.splice(taken..taken, octets);
        }
    }

    /// Whether somebody between has put something else in the place of so many octets.
    fn replaced(&self, consumed: usize) -> bool {
        let Some(between) = &self.between else { return false };
        let mut state = self.lock();
        let range = state.taken..state.taken.saturating_add(consumed).min(state.octets.len());
        let behind = if state.end.is_some() { Behind::TheEnd } else { Behind::More };
        let octets = state.octets.get(range.clone()).unwrap_or_default();
        match between.interceptor.found(&between.place(state.items), octets, behind) {
            Instead::Itself => return false,
            Instead::Octets(instead) => drop(state.octets.splice(range, instead)),
            Instead::NoEnd => state.end = None,
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::time::Duration;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(5)
    }

    #[tokio::test]
    async fn a_waiter_sees_what_came_before_and_after_it_began() {
        let inbox = Arc::new(Inbox::default());
        assert!(inbox.push(b"+O", Instant::now()));
        let other = Arc::clone(&inbox);
        let task = tokio::spawn(async move {
            tokio::task::yield_now().await;
            other.push(b"K\r\nrest", Instant::now())
        });
        let line = inbox
            .wait(soon(), |octets, _| match octets.iter().position(|octet| *octet == b'\n') {
                Some(at) => Take::Done { consumed: at + 1, item: octets[..=at].to_vec() },
                None => Take::More,
            })
            .await;
        assert_eq!(line.as_deref(), Some(&b"+OK\r\n"[..]));
        assert!(task.await.unwrap());
        inbox.look(|octets, end| {
            assert_eq!(octets, b"rest");
            assert!(end.is_none());
        });
    }

    /// Doubles the second item, and sees what is waited for in vain.
    #[derive(Debug, Default)]
    struct Doubler(Mutex<Vec<String>>);

    impl Interceptor for Doubler {
        fn opened(&self, _connection: &str) -> usize {
            0
        }

        fn before(&self, place: &Place) -> Option<Vec<u8>> {
            (place.number == 0 && self.0.lock().unwrap().is_empty()).then(|| b"0\n".to_vec())
        }

        fn found(&self, place: &Place, octets: &[u8], _behind: Behind) -> Instead {
            let mut seen = self.0.lock().unwrap();
            seen.push(format!("{} {}", place.number, String::from_utf8_lossy(octets).trim_end()));
            let again = seen.iter().filter(|one| **one == "1 b").count();
            if again == 1 && octets == b"b\n" { Instead::Octets(b"b\nb\n".to_vec()) } else { Instead::Itself }
        }

        fn in_vain(&self, place: &Place) {
            self.0.lock().unwrap().push(format!("{} never", place.number));
        }
    }

    #[tokio::test]
    async fn somebody_between_may_hand_on_something_else() {
        let doubler = Arc::new(Doubler::default());
        let inbox = Inbox::intercepted(Some(doubler.clone()), "main");
        inbox.push(b"b\n", Instant::now());
        let line = |octets: &[u8], _: Option<&End>| match octets.iter().position(|octet| *octet == b'\n') {
            Some(at) => Take::Done { consumed: at + 1, item: octets[..=at].to_vec() },
            None => Take::More,
        };
        let mut heard = Vec::new();
        for _ in 0..4 {
            heard.push(inbox.wait(Instant::now() + Duration::from_millis(20), line).await);
        }
        let b = Some(b"b\n".to_vec());
        assert_eq!(heard, [Some(b"0\n".to_vec()), b.clone(), b, None]);
        assert_eq!(*doubler.0.lock().unwrap(), ["0 0", "1 b", "1 b", "2 b", "3 never"]);
    }

    #[tokio::test]
    async fn the_deadline_ends_a_wait() {
        let inbox = Inbox::default();
        let never = inbox.wait(Instant::now(), |_, _| Take::<()>::More).await;
        assert!(never.is_none());
    }

    #[test]
    fn the_bound_stops_the_reader() {
        let inbox = Inbox::default();
        let block = vec![0; MAX_UNREAD];
        assert!(inbox.push(&block, Instant::now()));
        assert!(!inbox.push(b"x", Instant::now()));
        inbox.look(|_, end| assert_eq!(end, Some(&End::Overflow)));
    }
}
