//! The time that the queue goes by: the machine's, plus what a test has advanced it.

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::watch;

use crate::store::Millis;

/// A clock; clones show the same time. A test that advances it makes retries due without
/// waiting for them.
#[derive(Debug, Clone)]
pub struct Clock {
    ahead: Arc<watch::Sender<Duration>>,
}

impl Default for Clock {
    fn default() -> Self {
        Self { ahead: Arc::new(watch::Sender::new(Duration::ZERO)) }
    }
}

impl Clock {
    /// Puts the clock forward.
    pub fn advance(&self, by: Duration) {
        self.ahead.send_modify(|ahead| *ahead = ahead.saturating_add(by));
    }

    /// The time it shows.
    pub(crate) fn now(&self) -> OffsetDateTime {
        let ahead = *self.ahead.borrow();
        OffsetDateTime::now_utc() + ahead
    }

    /// The same in the queue's unit.
    pub(crate) fn millis(&self) -> Millis {
        millis(self.now())
    }

    /// Tells when it was put forward.
    pub(crate) fn watch(&self) -> watch::Receiver<Duration> {
        self.ahead.subscribe()
    }
}

/// A date in the queue's unit.
pub(crate) fn millis(date: OffsetDateTime) -> Millis {
    Millis::try_from(date.unix_timestamp_nanos() / 1_000_000).unwrap_or(Millis::MAX)
}

/// A date from the queue's unit.
pub(crate) fn date(millis: Millis) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_are_put_forward_together() {
        let clock = Clock::default();
        let other = clock.clone();
        let before = other.millis();
        clock.advance(Duration::from_secs(3600));
        assert!(other.millis() >= before + 3_600_000);
        assert_eq!(millis(date(1234)), 1234);
    }
}
