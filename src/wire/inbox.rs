//! What a connection has received and nobody has taken yet.
//!
//! Filled by the reader task, emptied by whoever waits; bounded by [`MAX_UNREAD`].

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

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

/// The shared buffer between the reader task and those who wait.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    octets: Vec<u8>,
    /// Octets at the head of `octets` that were taken already.
    taken: usize,
    /// How many marks want taken octets kept.
    marks: usize,
    last_arrival: Option<Instant>,
    end: Option<End>,
}

impl Inbox {
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
    pub(crate) fn keep(&self) -> usize {
        let mut state = self.lock();
        state.marks += 1;
        state.taken
    }

    /// Makes octets unread that were taken since a mark stood at this place.
    pub(crate) fn put_back(&self, taken: usize) {
        let mut state = self.lock();
        state.taken = taken.min(state.taken);
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
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Registered before looking, so that no arrival between is missed.
            changed.as_mut().enable();
            if let Take::Done { consumed, item } = self.look(&mut take) {
                self.consume(consumed);
                return Some(item);
            }
            if tokio::time::timeout_at(deadline.into(), changed).await.is_err() {
                return None;
            }
        }
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
