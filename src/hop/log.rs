//! What came to a next hop: messages, and what was said on its connections.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// Lines that are kept: a client in a loop could say any number.
const MAX_LINES: usize = 20_000;

/// Messages that are kept, and octets of them all.
const MAX_ARRIVALS: usize = 1000;
const MAX_OCTETS: usize = 128 * 1024 * 1024;

/// A message that a next hop took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arrival {
    /// Which connection it came over, from 1.
    pub connection: usize,
    /// The line by which the client greeted.
    pub hello: String,
    /// The MAIL line.
    pub mail: String,
    /// The RCPT lines whose recipients were taken.
    pub rcpt: Vec<String>,
    /// The message, without the dots that were put before dots.
    pub message: Vec<u8>,
    /// Whether it came over TLS.
    pub tls: bool,
    /// When it came, from the beginning of the case.
    pub at: Duration,
}

/// What came, over all connections of a next hop.
#[derive(Debug)]
pub struct Log {
    start: Instant,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    lines: Vec<String>,
    arrivals: VecDeque<Arrival>,
    octets: usize,
    connections: usize,
    messages: usize,
}

impl Default for Log {
    fn default() -> Self {
        Self { start: Instant::now(), state: Mutex::default(), changed: Notify::new() }
    }
}

impl Log {
    /// A connection was opened; gives its number, from 1.
    pub fn connected(&self) -> usize {
        let mut state = self.lock();
        state.connections += 1;
        state.connections
    }

    /// How many connections there were.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.lock().connections
    }

    /// How many messages were taken.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.lock().messages
    }

    /// The client said a line.
    pub fn client(&self, line: &[u8]) {
        self.say("C: ", line);
    }

    /// The next hop said a line.
    pub fn server(&self, line: &[u8]) {
        self.say("S: ", line);
    }

    fn say(&self, who: &str, line: &[u8]) {
        let mut state = self.lock();
        if state.lines.len() < MAX_LINES {
            state.lines.push(format!("{who}{}", String::from_utf8_lossy(line)));
        }
        drop(state);
        self.changed.notify_waiters();
    }

    /// What was said so far, a line each.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.lock().lines.clone()
    }

    /// A message was taken.
    pub fn arrived(&self, mut arrival: Arrival) {
        arrival.at = self.start.elapsed();
        let mut state = self.lock();
        state.messages += 1;
        state.octets = state.octets.saturating_add(arrival.message.len());
        if state.arrivals.len() < MAX_ARRIVALS && state.octets <= MAX_OCTETS {
            state.arrivals.push_back(arrival);
        }
        drop(state);
        self.changed.notify_waiters();
    }

    /// Waits for the first message that `fits`, and takes it; `None` when the time is up.
    ///
    /// # Errors
    /// What `fits` returns.
    pub async fn take<E>(
        &self,
        deadline: Instant,
        mut fits: impl FnMut(&Arrival) -> Result<bool, E>,
    ) -> Result<Option<Arrival>, E> {
        // Those that were looked at before are not looked at again.
        let mut looked = 0;
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let arrivals: Vec<Arrival> = self.lock().arrivals.iter().skip(looked).cloned().collect();
            for arrival in arrivals {
                if fits(&arrival)? {
                    self.lock().arrivals.remove(looked);
                    return Ok(Some(arrival));
                }
                looked += 1;
            }
            if tokio::time::timeout_at(deadline.into(), changed).await.is_err() {
                return Ok(None);
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

    fn arrival(message: &[u8]) -> Arrival {
        Arrival { message: message.to_vec(), ..Arrival::default() }
    }

    async fn take(log: &Log, wanted: &[u8]) -> Option<Vec<u8>> {
        let soon = Instant::now() + Duration::from_millis(50);
        let fits = |arrival: &Arrival| Ok::<_, ()>(arrival.message == wanted);
        log.take(soon, fits).await.unwrap().map(|arrival| arrival.message)
    }

    #[tokio::test]
    async fn a_message_is_taken_once_and_the_others_stay() {
        let log = Log::default();
        log.arrived(arrival(b"one"));
        log.arrived(arrival(b"two"));
        assert_eq!(take(&log, b"two").await.as_deref(), Some(&b"two"[..]));
        assert_eq!(take(&log, b"two").await, None);
        assert_eq!(take(&log, b"one").await.as_deref(), Some(&b"one"[..]));
    }
}
