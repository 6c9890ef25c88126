//! Long work of a session's own task, in turns: a thread serves many sessions, and none of them shall
//! wait until another has gone through a large mailbox. Work on the store has its own threads.

use std::time::{Duration, Instant};

use tokio::task::yield_now;

/// How long a session works before others have their turn.
const TURN: Duration = Duration::from_millis(5);

/// A turn that has begun.
pub(crate) struct Turn {
    until: Instant,
}

impl Turn {
    /// It begins now.
    pub(crate) fn begin() -> Self {
        Self { until: Instant::now() + TURN }
    }

    /// Lets others have theirs, where this one has been long enough; then the next one begins.
    pub(crate) async fn give_way(&mut self) {
        if Instant::now() >= self.until {
            yield_now().await;
            *self = Self::begin();
        }
    }
}
