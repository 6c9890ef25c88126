//! What a session with a filter has heard of its account and not yet told. One that falls behind tells that
//! it did (RFC 5465, section 5.8).

use std::collections::BTreeMap;

use super::filter::{Filter, SelectedNews};
use super::queue::{Missed, Queue};
use crate::store::{AccountId, Happened, MailboxId, Origin, Store, Uid, What};

/// A session's filter, and what it hears.
pub(crate) struct Notify {
    /// What the client wants to hear of.
    pub(crate) filter: Filter,
    /// Only where other mailboxes than the selected one are of interest.
    events: Option<Queue>,
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

impl Notify {
    /// Listens from now on.
    pub(crate) fn new(filter: Filter, store: &Store, account: AccountId) -> Self {
        Self {
            events: filter.looks_elsewhere().then(|| Queue::new(store, account)),
            filter,
            made: Vec::new(),
            expunged: Vec::new(),
        }
    }

    /// As after NOTIFY NONE.
    pub(super) fn stop(&mut self) {
        self.filter = Filter::nothing();
        self.events = None;
    }

    /// Waits until something happens; for ever where nothing is listened to. Can be cancelled.
    pub(crate) async fn heard(&mut self) {
        match &mut self.events {
            Some(events) => events.heard().await,
            None => std::future::pending().await,
        }
    }

    /// All that happened so far, without what this session did itself (section 5).
    pub(super) fn gather(&mut self, own: Origin) -> Result<Heard, Missed> {
        let Some(events) = &mut self.events else { return Ok(Heard::default()) };
        let mut heard = Heard::default();
        for what in events.gather(own)? {
            match what {
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
