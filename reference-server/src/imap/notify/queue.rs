//! What happens in an account, as it waits to be told in a session. What waits is bounded: a session that
//! falls behind loses events, and learns that it did.

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use crate::store::{AccountId, Event, Origin, Store, What};

/// Events of an account, from when this was made.
pub(crate) struct Queue {
    events: Option<Receiver<Event>>,
    /// Received, and not yet gathered.
    waiting: Vec<Event>,
    missed: bool,
}

/// Events were lost.
#[derive(Debug)]
pub(crate) struct Missed;

impl Queue {
    /// Listens from now on.
    pub(crate) fn new(store: &Store, account: AccountId) -> Self {
        Self { events: Some(store.listen(account)), waiting: Vec::new(), missed: false }
    }

    /// Waits until something happens. Can be cancelled.
    pub(crate) async fn heard(&mut self) {
        let Some(events) = &mut self.events else { return std::future::pending().await };
        match events.recv().await {
            Ok(event) => self.waiting.push(event),
            Err(RecvError::Lagged(_)) => self.missed = true,
            Err(RecvError::Closed) => self.events = None,
        }
    }

    /// All that happened so far, without what was done by `own` (RFC 5465, section 5).
    pub(crate) fn gather(&mut self, own: Origin) -> Result<Vec<What>, Missed> {
        while let Some(events) = &mut self.events {
            match events.try_recv() {
                Ok(event) => self.waiting.push(event),
                Err(TryRecvError::Lagged(_)) => self.missed = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        let others = self.waiting.drain(..).filter(|event| event.origin != own);
        let others = others.map(|event| event.what).collect();
        if std::mem::take(&mut self.missed) { Err(Missed) } else { Ok(others) }
    }
}
