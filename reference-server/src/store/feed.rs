//! The change feed: who waits for a mailbox hears of it after the commit, never before.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::ids::{MailboxId, ModSeq};

/// Latest modification sequence of each mailbox that somebody watches.
#[derive(Debug, Default)]
pub(super) struct Feed {
    watched: Mutex<HashMap<MailboxId, watch::Sender<ModSeq>>>,
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

    fn lock(&self) -> MutexGuard<'_, HashMap<MailboxId, watch::Sender<ModSeq>>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
