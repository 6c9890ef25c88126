//! The change feed: who waits for a mailbox hears of it after the commit, never before.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{broadcast, watch};

use super::happened::{Event, QUEUE};
use super::ids::{AccountId, MailboxId, ModSeq};

/// Latest modification sequence of each mailbox that somebody watches, and what happens in the
/// accounts that somebody listens to.
#[derive(Debug, Default)]
pub(super) struct Feed {
    watched: Mutex<HashMap<MailboxId, watch::Sender<ModSeq>>>,
    listened: Mutex<HashMap<AccountId, broadcast::Sender<Event>>>,
}

impl Feed {
    /// From now on, each committed change of the mailbox shows in the receiver.
    pub(super) fn watch(&self, mailbox: MailboxId) -> watch::Receiver<ModSeq> {
        self.lock().entry(mailbox).or_insert_with(|| watch::Sender::new(ModSeq(0))).subscribe()
    }

    /// Tells of a committed change, and forgets mailboxes that nobody watches any more.
    pub(super) fn announce(&self, mailbox: MailboxId, latest: ModSeq) {
        let mut watched = self.lock();
        let Some(sender) = watched.get(&mailbox) else {
            return;
        };
        if sender.is_closed() {
            watched.remove(&mailbox);
        } else {
            sender.send_modify(|seen| *seen = (*seen).max(latest));
        }
    }

    /// From now on, each committed event of the account comes to the receiver.
    pub(super) fn listen(&self, account: AccountId) -> broadcast::Receiver<Event> {
        let mut listened = self.listened();
        listened.entry(account).or_insert_with(|| broadcast::Sender::new(QUEUE)).subscribe()
    }

    /// Whether anybody listens to any account: where nobody does, events need no looking up.
    pub(super) fn is_listened_to(&self) -> bool {
        !self.listened().is_empty()
    }

    /// The accounts to which somebody listens.
    pub(super) fn listeners(&self) -> Vec<AccountId> {
        self.listened().keys().copied().collect()
    }

    /// Tells of a committed event, and forgets accounts that nobody listens to any more.
    pub(super) fn publish(&self, account: AccountId, event: Event) {
        let mut listened = self.listened();
        // To send fails where nobody is left.
        if listened.get(&account).is_some_and(|sender| sender.send(event).is_err()) {
            listened.remove(&account);
        }
    }

    /// Tells all listeners of a committed event.
    pub(super) fn publish_to_all(&self, event: &Event) {
        self.listened().retain(|_, sender| sender.send(event.clone()).is_ok());
    }

    fn listened(&self) -> MutexGuard<'_, HashMap<AccountId, broadcast::Sender<Event>>> {
        self.listened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<MailboxId, watch::Sender<ModSeq>>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
