//! What must be in the store after the commands so far, computed beside the server where the
//! commands come one after the other.

use std::collections::{BTreeMap, BTreeSet};

use crate::view::{During, Known, View};

pub(crate) type Flags = BTreeSet<String>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) flags: Flags,
    pub(crate) subject: String,
}

#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    pub(crate) messages: BTreeMap<u32, Stored>,
    /// No smaller UID may be given to a message again.
    next: u32,
    validity: Option<u32>,
    /// To whom a message was recent: to one session at most.
    recent: BTreeMap<u32, u64>,
    /// HIGHESTMODSEQ when last seen, and whether anything happened since.
    modseq: u64,
    changed: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Truth {
    pub(crate) mailboxes: [Mailbox; 2],
}

impl Mailbox {
    /// A message has been given this UID.
    pub(crate) fn add(&mut self, validity: u32, uid: u32, message: Stored) -> Result<(), String> {
        if uid < self.next || *self.validity.get_or_insert(validity) != validity {
            return Err(format!(
                "UID {uid} under {validity}, after UID {} under {:?}",
                self.next, self.validity
            ));
        }
        self.next = uid + 1;
        self.messages.insert(uid, message);
        self.changed = true;
        Ok(())
    }

    pub(crate) fn remove(&mut self, uid: u32) -> Option<Stored> {
        let gone = self.messages.remove(&uid);
        self.changed |= gone.is_some();
        gone
    }

    pub(crate) fn store(&mut self, uid: u32, change: impl FnOnce(&mut Flags)) {
        if let Some(message) = self.messages.get_mut(&uid) {
            let before = message.flags.clone();
            change(&mut message.flags);
            self.changed |= before != message.flags;
        }
    }

    /// What STATUS said of it.
    pub(crate) fn check_status(&mut self, items: &[(String, u64)]) -> Result<(), String> {
        let unseen = self.messages.values().filter(|message| !message.flags.contains("\\Seen")).count();
        for (item, value) in items {
            let right = match item.as_str() {
                "MESSAGES" => *value == self.messages.len() as u64,
                "UNSEEN" => *value == unseen as u64,
                "UIDNEXT" => *value >= u64::from(self.next),
                "UIDVALIDITY" => self.validity.is_none_or(|validity| *value == u64::from(validity)),
                "HIGHESTMODSEQ" if self.changed => *value > self.modseq,
                "HIGHESTMODSEQ" => *value >= self.modseq,
                _ => false,
            };
            if !right {
                return Err(format!("STATUS says {item} {value}, after {} for {self:?}", self.modseq));
            }
            if item == "HIGHESTMODSEQ" {
                (self.modseq, self.changed) = (*value, false);
            }
        }
        Ok(())
    }

    /// Whether the client knows all that it must know when a command of this kind has ended.
    pub(crate) fn compare(&self, view: &View, during: During) -> Result<(), String> {
        let alive = |known: &&Known| known.uid.is_none_or(|uid| self.messages.contains_key(&uid));
        let count = view.messages.iter().filter(alive).count();
        let gone = view.messages.len() - count;
        let right = match during {
            During::Numbers => count >= self.messages.len(),
            During::Select | During::Other => gone == 0 && count == self.messages.len(),
        };
        if !right {
            return Err(format!(
                "the client knows {:?}, and there are {:?}",
                view.messages,
                self.messages.keys()
            ));
        }
        for known in &view.messages {
            if let (Some(uid), Some(flags)) = (known.uid, &known.flags)
                && let Some(stored) = self.messages.get(&uid)
                && *flags != stored.flags
            {
                return Err(format!("UID {uid} has {:?}, and the client knows {flags:?}", stored.flags));
            }
        }
        Ok(())
    }

    pub(crate) fn check_recent(&mut self, view: &View, selection: u64) -> Result<(), String> {
        for uid in view.recent.iter().filter(|_| !view.read_only) {
            if *self.recent.entry(*uid).or_insert(selection) != selection {
                return Err(format!("UID {uid} is recent to two sessions"));
            }
        }
        Ok(())
    }
}
