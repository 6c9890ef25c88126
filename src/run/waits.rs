//! Cases that only wait: while they do, they take no job from those that act.
//!
//! A `pause`, a `silence`, or the time until a next hop is called costs no work at all; counted
//! as a job it would keep the machine idle.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// How many cases wait, and news of one that begins to.
#[derive(Debug, Default)]
pub(crate) struct Waits {
    count: AtomicUsize,
    begun: Notify,
}

/// A case that waits, until this is dropped.
#[derive(Debug)]
pub(crate) struct Waiting(Arc<Waits>);

impl Waits {
    /// How many wait now.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    /// Until one more waits than at the last call.
    pub(crate) async fn begun(&self) {
        self.begun.notified().await;
    }

    /// A case waits from now on.
    pub(crate) fn begin(self: &Arc<Self>) -> Waiting {
        self.count.fetch_add(1, Ordering::SeqCst);
        self.begun.notify_one();
        Waiting(Arc::clone(self))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_is_counted_and_told() {
        let waits = Arc::new(Waits::default());
        let waiting = waits.begin();
        assert_eq!(waits.count(), 1);
        waits.begun().await;
        drop(waiting);
        assert_eq!(waits.count(), 0);
    }
}
