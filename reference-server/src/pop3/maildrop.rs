//! What a session sees of its maildrop: message-numbers, sizes and marks, as
//! they were when it was opened (RFC 1939, sections 4 and 5).

use std::collections::VecDeque;

use super::reply::Reply;
use super::syntax::MessageNumber;
use crate::store::{BodyHold, BodyId, MailboxId, MaildropLock, Uid, UidValidity};

/// Messages that are read together at most, and their octets.
const AHEAD: usize = 20;
const AHEAD_OCTETS: u64 = 128 * 1024;

/// A locked maildrop. Dropping it gives the lock free and changes nothing.
#[derive(Debug)]
pub(super) struct Maildrop {
    mailbox: MailboxId,
    uid_validity: UidValidity,
    entries: Vec<Entry>,
    /// Octets of messages that are likely to be wanted next.
    ahead: VecDeque<(BodyId, Vec<u8>)>,
    /// Keeps the octets of the large message that was asked for last, while they are sent.
    hold: Option<BodyHold>,
    _lock: MaildropLock,
}

/// One message of the maildrop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its UID in the mailbox.
    pub(super) uid: Uid,
    /// Where its octets are.
    pub(super) body: BodyId,
    /// How many octets RETR sends, byte-stuffing not counted (RFC 1939, section 11).
    pub(super) octets: u64,
    /// Whether DELE has marked it.
    pub(super) mark: Mark,
    /// Whether RETR has sent it.
    pub(super) retrieved: bool,
}

/// Whether a message is marked as deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// It stays.
    Kept,
    /// It goes when the session enters the UPDATE state.
    Deleted,
}

impl Maildrop {
    /// A maildrop with these messages, numbered from 1 in their order.
    pub(super) fn new(
        mailbox: MailboxId,
        uid_validity: UidValidity,
        entries: Vec<Entry>,
        lock: MaildropLock,
    ) -> Self {
        Self { mailbox, uid_validity, entries, ahead: VecDeque::new(), hold: None, _lock: lock }
    }

    /// The mailbox it shows.
    pub(super) fn mailbox(&self) -> MailboxId {
        self.mailbox
    }

    /// The messages that are not marked, with their numbers.
    pub(super) fn kept(&self) -> impl Iterator<Item = (usize, &Entry)> {
        self.entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.mark == Mark::Kept)
            .map(|(index, entry)| (index + 1, entry))
    }

    /// How many messages are not marked, and their octets.
    pub(super) fn totals(&self) -> (usize, u64) {
        self.kept()
            .fold((0, 0), |(count, octets), (_, entry)| (count + 1, octets.saturating_add(entry.octets)))
    }

    /// The message of that number, unless it is marked.
    ///
    /// # Errors
    /// The reply that says why not.
    pub(super) fn get(&self, number: MessageNumber) -> Result<&Entry, Reply> {
        let entry = index(number).and_then(|index| self.entries.get(index));
        match entry {
            Some(entry) if entry.mark == Mark::Kept => Ok(entry),
            Some(_) => Err(Reply::err(format!("message {} is deleted", number.0))),
            None => Err(Reply::err(format!("no such message, {} in maildrop", messages(self.entries.len())))),
        }
    }

    /// The octets of a message, where they have been read ahead.
    pub(super) fn take_ahead(&mut self, body: BodyId) -> Option<Vec<u8>> {
        while let Some((next, octets)) = self.ahead.pop_front() {
            if next == body {
                return Some(octets);
            }
        }
        None
    }

    /// The messages from that one on that are worth reading together: clients take one after the
    /// other.
    pub(super) fn worth_reading(&self, number: MessageNumber) -> Vec<BodyId> {
        let mut room = AHEAD_OCTETS;
        let from = self.entries.iter().skip(index(number).unwrap_or(usize::MAX));
        let fitting = from.filter(|entry| entry.mark == Mark::Kept).map_while(|entry| {
            room = room.checked_sub(entry.octets)?;
            Some(entry.body)
        });
        fitting.take(AHEAD).collect()
    }

    /// Keeps the octets of one message until the next one is asked for, whatever becomes of it.
    pub(super) fn keep(&mut self, hold: Option<BodyHold>) {
        self.hold = hold;
    }

    /// Keeps what was read ahead.
    pub(super) fn keep_ahead(&mut self, ahead: VecDeque<(BodyId, Vec<u8>)>) {
        self.ahead = ahead;
    }

    /// Marks a message.
    ///
    /// # Errors
    /// As [`Maildrop::get`].
    pub(super) fn mark(&mut self, number: MessageNumber) -> Result<(), Reply> {
        self.get(number)?;
        if let Some(entry) = index(number).and_then(|index| self.entries.get_mut(index)) {
            entry.mark = Mark::Deleted;
        }
        Ok(())
    }

    /// Takes all marks away.
    pub(super) fn unmark_all(&mut self) {
        for entry in &mut self.entries {
            entry.mark = Mark::Kept;
        }
    }

    /// RETR sends a message.
    pub(super) fn retrieve(&mut self, number: MessageNumber) {
        if let Some(entry) = index(number).and_then(|index| self.entries.get_mut(index)) {
            entry.retrieved = true;
        }
    }

    /// Marks what RETR has sent.
    pub(super) fn mark_retrieved(&mut self) {
        for entry in self.entries.iter_mut().filter(|entry| entry.retrieved) {
            entry.mark = Mark::Deleted;
        }
    }

    /// The UIDs of the marked messages.
    pub(super) fn marked(&self) -> Vec<Uid> {
        self.entries.iter().filter(|entry| entry.mark == Mark::Deleted).map(|entry| entry.uid).collect()
    }

    /// The unique-id of a message: the same in every session, and never given
    /// to another message (RFC 1939, section 7, UIDL).
    pub(super) fn unique_id(&self, entry: &Entry) -> String {
        format!("{}.{}", self.uid_validity, entry.uid)
    }

    /// `2 messages (320 octets)`.
    pub(super) fn summary(&self) -> String {
        let (count, octets) = self.totals();
        format!("{} ({octets} octets)", messages(count))
    }
}

/// `1 message`, `2 messages`.
pub(super) fn messages(count: usize) -> String {
    match count {
        1 => "1 message".to_owned(),
        _ => format!("{count} messages"),
    }
}

fn index(number: MessageNumber) -> Option<usize> {
    usize::try_from(number.0).ok()?.checked_sub(1)
}
