//! A stock of things, each of which belongs to one case at a time: accounts, routes.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// What there is, and who waits for it.
#[derive(Debug)]
pub(super) struct Stock<T> {
    free: Mutex<VecDeque<T>>,
    returned: Notify,
    size: usize,
}

impl<T> Default for Stock<T> {
    fn default() -> Self {
        Self::new([])
    }
}

impl<T> Stock<T> {
    /// A stock of these; the first goes out first.
    pub(super) fn new(things: impl IntoIterator<Item = T>) -> Self {
        let free: VecDeque<T> = things.into_iter().collect();
        Self { size: free.len(), free: Mutex::new(free), returned: Notify::new() }
    }

    /// How many there are in all.
    pub(super) const fn size(&self) -> usize {
        self.size
    }

    /// So many of them, all at once, so that two cases never wait for each other's rest; those
    /// first that were free longest. `None` when there will never be so many.
    pub(super) async fn take(&self, count: usize) -> Option<Vec<T>> {
        if count > self.size {
            return None;
        }
        loop {
            let returned = self.returned.notified();
            tokio::pin!(returned);
            returned.as_mut().enable();
            if let Some(taken) = self.take_now(count) {
                return Some(taken);
            }
            returned.await;
        }
    }

    fn take_now(&self, count: usize) -> Option<Vec<T>> {
        let mut free = self.lock();
        (free.len() >= count).then(|| free.drain(..count).collect())
    }

    /// Puts things back, behind the others: a server may still be busy with what a case left open.
    pub(super) fn put_back(&self, things: impl IntoIterator<Item = T>) {
        self.lock().extend(things);
        self.returned.notify_waiters();
    }

    /// What is free now, the next to go out first.
    pub(super) fn free(&self) -> Vec<T>
    where
        T: Clone,
    {
        self.lock().iter().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<T>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn who_asks_waits_until_enough_is_back_and_gets_what_was_free_longest() {
        let stock = Arc::new(Stock::new([1, 2]));
        assert_eq!(stock.take(1).await, Some(vec![1]));
        let waiting = tokio::spawn({
            let stock = Arc::clone(&stock);
            async move { stock.take(2).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        stock.put_back([1]);
        assert_eq!(waiting.await.unwrap(), Some(vec![2, 1]));
    }

    #[tokio::test]
    async fn more_than_there_is_is_refused_at_once() {
        assert_eq!(Stock::new([1]).take(2).await, None);
    }
}
