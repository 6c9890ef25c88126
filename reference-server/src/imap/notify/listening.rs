//! What a session with a filter has heard of its account and not yet told. What waits is bounded:
//! a session that falls behind loses the events, and tells that it did (RFC 5465, section 5.8).

use std::collections::BTreeMap;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use super::filter::{Filter, SelectedNews};
use crate::store::{AccountId, Event, Happened, MailboxId, Store, Uid, What};

/// A session's filter, and what it hears.
pub(crate) struct Notify {
    /// What the client wants to hear of.
    pub(crate) filter: Filter,
    /// The store, as which this session's own doings are told from those of others.
    pub(crate) store: Store,
    /// Only where other mailboxes than the selected one are of interest.
    events: Option<Receiver<Event>>,
    /// Received, and not yet gathered.
    waiting: Vec<Event>,
    missed: bool,
    /// Messages that this client itself has just made in the selected mailbox.
    made: Vec<Uid>,
    /// Messages that this client itself has just expunged from the selected mailbox.
    expunged: Vec<Uid>,
}

/// What happened since it was last told.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// To names, in its order.
    pub(super) names: Vec<What>,
    /// To messages of mailboxes.
    pub(super) messages: BTreeMap<MailboxId, Happened>,
}

/// Events were lost.
#[derive(Debug)]
pub(super) struct Missed;

impl Notify {
    /// Listens from now on.
    pub(crate) fn new(filter: Filter, store: &Store, account: AccountId) -> Self {
        Self {
            events: filter.looks_elsewhere().then(|| store.listen(account)),
            filter,
            store: store.with_own_origin(),
            waiting: Vec::new(),
            missed: false,
            made: Vec::new(),
            expunged: Vec::new(),
        }
    }

    /// As after NOTIFY NONE.
    pub(super) fn stop(&mut self) {
        self.filter = Filter::nothing();
        self.events = None;
        self.waiting = Vec::new();
    }

    /// Waits until something happens; for ever where nothing is listened to. Can be cancelled.
    pub(crate) async fn heard(&mut self) {
        let Some(events) = &mut self.events else { return std::future::pending().await };
        match events.recv().await {
            Ok(event) => self.waiting.push(event),
            Err(RecvError::Lagged(_)) => self.missed = true,
            Err(RecvError::Closed) => self.events = None,
        }
    }

    /// All that happened so far, without what this session did itself (section 5).
    pub(super) fn gather(&mut self) -> Result<Heard, Missed> {
        while let Some(events) = &mut self.events {
            match events.try_recv() {
                Ok(event) => self.waiting.push(event),
                Err(TryRecvError::Lagged(_)) => self.missed = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        if std::mem::take(&mut self.missed) {
            return Err(Missed);
        }
        let mut heard = Heard::default();
        let own = self.store.origin();
        for event in self.waiting.drain(..).filter(|event| event.origin != own) {
            match event.what {
                What::Messages(mailbox, happened) => {
                    let known = heard.messages.entry(mailbox).or_default();
                    *known = *known | happened;
                }
                what => heard.names.push(what),
            }
        }
        Ok(heard)
    }

    /// The client itself has made these messages in the selected mailbox.
    pub(crate) fn made(&mut self, uids: impl IntoIterator<Item = Uid>) {
        if self.filter.selected != SelectedNews::Nothing {
            self.made.extend(uids);
        }
    }

    /// The client itself has expunged these messages of the selected mailbox.
    pub(crate) fn expunged(&mut self, uids: &[Uid]) {
        if self.filter.selected == SelectedNews::Nothing {
            self.expunged.extend(uids);
        }
    }

    /// Those that it made since this was last asked.
    pub(super) fn take_made(&mut self) -> Vec<Uid> {
        std::mem::take(&mut self.made)
    }

    /// Those that it expunged since this was last asked.
    pub(super) fn take_expunged(&mut self) -> Vec<Uid> {
        std::mem::take(&mut self.expunged)
    }
}
