//! What of the news is told, and how: EXPUNGE or VANISHED, EXISTS and RECENT, FETCH with flags
//! (RFC 3501, sections 5.2 and 7; RFC 7162, section 3).

use std::collections::BTreeSet;

use super::entry::News;
use super::{Entry, Expunges, Numbering, Revision, Sync, View};
use crate::imap::response::{Reply, ResponseCode, number};
use crate::imap::syntax::compact_uid_set;
use crate::store::Uid;

impl View {
    /// ```abnf
    /// "FLAGS" SP "(" [flag-fetch *(SP flag-fetch)] ")"
    /// ```
    pub(crate) fn write_flags(&self, entry: &Entry, out: &mut Vec<u8>) {
        let flags = self.flags(entry);
        out.extend_from_slice(b"FLAGS (");
        flags.write(out);
        if entry.is_recent() {
            if !flags.is_empty() {
                out.push(b' ');
            }
            out.extend_from_slice(b"\\Recent");
        }
        out.push(b')');
    }

    /// The flags of the message at `place` are being told within an answer.
    pub(crate) fn flags_told(&mut self, place: usize) {
        if let Some(entry) = self.told.get_mut(place)
            && entry.news() == News::Flags
        {
            self.outdated.remove(&entry.uid());
            entry.set_news(News::None);
            self.counts.changed = self.counts.changed.saturating_sub(1);
        }
    }

    /// Tells of keywords that are new to the mailbox (RFC 3501, section 7.2.6).
    pub(crate) fn tell_keywords(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.keyword_news) {
            out.extend_from_slice(format!("* FLAGS ({})\r\n", self.flag_names()).as_bytes());
        }
    }

    /// Tells which flags can be changed, where rights have changed (RFC 4314, section 5.1.1).
    pub(crate) fn tell_rights(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.rights_news) {
            out.extend_from_slice(format!("* FLAGS ({})\r\n", self.flag_names()).as_bytes());
            let code = ResponseCode::PermanentFlags(self.permanent_flags());
            Reply::ok("flags that can be changed now").with(code).write(out, "*");
        }
    }

    /// Tells all news that may be told now: EXPUNGE, EXISTS and RECENT, FETCH with flags.
    pub(crate) fn tell(&mut self, out: &mut Vec<u8>, expunges: Expunges, numbering: Numbering) {
        self.tell_keywords(out);
        self.tell_rights(out);
        self.tell_messages(out, expunges);
        self.tell_flags(out, numbering);
    }

    /// Tells which messages went, and which came.
    pub(crate) fn tell_messages(&mut self, out: &mut Vec<u8>, expunges: Expunges) {
        let recent_before = self.recent();
        match expunges {
            Expunges::Told => self.tell_expunges(out),
            Expunges::Held => self.tell_held(out),
        }
        let grown = !self.arrived.is_empty();
        self.counts.recent =
            self.counts.recent.saturating_add(self.arrived.iter().filter(|entry| entry.is_recent()).count());
        self.told.append(&mut self.arrived);
        if grown {
            out.extend_from_slice(format!("* {} EXISTS\r\n", self.told.len()).as_bytes());
        }
        if self.revision == Revision::Rev1 && (grown || self.recent() != recent_before) {
            out.extend_from_slice(format!("* {} RECENT\r\n", self.recent()).as_bytes());
        }
    }

    /// From lower to higher numbers, each counted after the ones before it have gone; or by UID
    /// (RFC 7162, section 3.2.10.2).
    fn tell_expunges(&mut self, out: &mut Vec<u8>) {
        self.before_expunge = None;
        self.tell_gone(out, |_| true);
    }

    /// Those of the messages that are gone which are among `these`.
    fn tell_gone(&mut self, out: &mut Vec<u8>, these: impl Fn(Uid) -> bool) {
        if self.counts.gone == 0 {
            return;
        }
        let goes = |entry: &Entry| entry.is_gone() && these(entry.uid());
        let mut kept: usize = 0;
        let mut recent: usize = 0;
        let mut vanished = Vec::new();
        let before = self.told.len();
        self.told.retain(|entry| {
            if !goes(entry) {
                kept = kept.saturating_add(1);
                recent = recent.saturating_add(usize::from(entry.is_recent()));
            } else if self.sync == Sync::Qresync {
                vanished.push(entry.uid().0);
            } else {
                let number = kept.saturating_add(1);
                out.extend_from_slice(format!("* {number} EXPUNGE\r\n").as_bytes());
            }
            !goes(entry)
        });
        self.counts.gone = self.counts.gone.saturating_sub(before.saturating_sub(kept));
        self.counts.recent = recent;
        // What many messages took is given back.
        if self.told.capacity() / 2 > self.told.len() {
            self.told.shrink_to_fit();
        }
        if !vanished.is_empty() {
            out.extend_from_slice(format!("* VANISHED {}\r\n", compact_uid_set(&vanished)).as_bytes());
        }
    }

    /// Tells the expunge of these messages, and of no others.
    pub(crate) fn tell_expunged(&mut self, out: &mut Vec<u8>, uids: &[Uid]) {
        let uids: BTreeSet<Uid> = uids.iter().copied().collect();
        self.tell_gone(out, |uid| uids.contains(&uid));
    }

    /// Expunges stay untold while later changes have been told with their sequence: the client
    /// must not take that for all there is (RFC 7162, section 3.2).
    fn tell_held(&self, out: &mut Vec<u8>) {
        if let Some(before) = self.before_expunge
            && self.sync >= Sync::Condstore
            && self.counts.gone > 0
        {
            let code = ResponseCode::HighestModSeq(before.0);
            Reply::ok("expunges are yet to be told").with(code).write(out, "*");
        }
    }

    /// Tells which flags were changed.
    pub(crate) fn tell_flags(&mut self, out: &mut Vec<u8>, numbering: Numbering) {
        self.outdated.clear();
        if self.counts.changed == 0 {
            return;
        }
        let numbering = self.told_by(numbering);
        let changed = |entry: &Entry| entry.news() == News::Flags;
        for (place, entry) in self.told.iter().enumerate().filter(|(_, entry)| changed(entry)) {
            self.write_change(out, place, entry, numbering);
        }
        for entry in self.told.iter_mut().filter(|entry| changed(entry)) {
            entry.set_news(News::None);
        }
        self.counts.changed = 0;
    }

    /// Whether changes are told with the UID (RFC 7162, section 3.2.4; RFC 9051, section 7.5.2).
    fn told_by(&self, numbering: Numbering) -> Numbering {
        match self.sync >= Sync::Condstore || self.revision == Revision::Rev2 {
            true => Numbering::Uid,
            false => numbering,
        }
    }

    /// Tells the flags of the message at `place`, as news are told.
    pub(crate) fn tell_message(&mut self, out: &mut Vec<u8>, place: usize, numbering: Numbering) {
        if let Some(entry) = self.told.get(place).filter(|entry| !entry.is_gone()) {
            self.write_change(out, place, entry, self.told_by(numbering));
            self.flags_told(place);
        }
    }

    /// Tells what a STORE without an echo has to tell all the same: the new sequence, to clients
    /// that keep it (RFC 7162, section 3.1.3).
    pub(crate) fn tell_sequence(&self, out: &mut Vec<u8>, place: usize) {
        if let Some(entry) = self.told.get(place).filter(|entry| !entry.is_gone())
            && self.sync >= Sync::Condstore
        {
            let number = place.saturating_add(1);
            let line = format!("* {number} FETCH (UID {} MODSEQ ({}))\r\n", entry.uid(), entry.modseq());
            out.extend_from_slice(line.as_bytes());
        }
    }

    /// One message whose flags have changed; with its modification sequence for those who want it
    /// (RFC 7162, section 3.1).
    fn write_change(&self, out: &mut Vec<u8>, place: usize, entry: &Entry, numbering: Numbering) {
        out.extend_from_slice(b"* ");
        number(out, u64::try_from(place.saturating_add(1)).unwrap_or(u64::MAX));
        out.extend_from_slice(b" FETCH (");
        if numbering == Numbering::Uid {
            out.extend_from_slice(b"UID ");
            number(out, entry.uid().0);
            out.push(b' ');
        }
        self.write_flags(entry, out);
        if self.sync >= Sync::Condstore {
            out.extend_from_slice(b" MODSEQ (");
            number(out, entry.modseq().0);
            out.push(b')');
        }
        out.extend_from_slice(b")\r\n");
    }
}
