//! One message as a session knows it, in 16 octets: a mailbox may have hundreds of thousands, and
//! each session that selects it has a list of its own.

use crate::store::{Listed, ModSeq, SetId, Uid};

/// A message as this session knows it. Its flags are those that the store had when last asked, as a
/// number among the view's sets of flags.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    uid: Uid,
    /// The number of its set of flags, with what else is known in the three lowest bits.
    marks: u32,
    modseq: ModSeq,
}

/// What the client has yet to hear of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    None,
    /// Its flags were changed by someone else.
    Flags,
    /// It has been expunged.
    Gone,
}

const RECENT: u32 = 1;
const NEWS_FLAGS: u32 = 2;
const NEWS_GONE: u32 = 4;
const BITS: u32 = 3;

impl Entry {
    /// A message of which there is no news.
    pub(super) fn new(listed: Listed, recent: bool) -> Self {
        let mut entry = Self { uid: listed.uid, marks: u32::from(recent), modseq: listed.modseq };
        entry.set_flags(listed.flags, listed.modseq);
        entry
    }

    /// Its UID.
    pub(crate) fn uid(&self) -> Uid {
        self.uid
    }

    /// The modification sequence of its latest change that is known here.
    pub(crate) fn modseq(&self) -> ModSeq {
        self.modseq
    }

    /// Whether it is recent to this session.
    pub(crate) fn is_recent(&self) -> bool {
        self.marks & RECENT != 0
    }

    /// Whether the message is expunged, though the client has not been told.
    pub(crate) fn is_gone(&self) -> bool {
        self.marks & NEWS_GONE != 0
    }

    pub(super) fn flags(&self) -> SetId {
        SetId::of(self.marks >> BITS)
    }

    pub(super) fn news(&self) -> News {
        match self.marks & (NEWS_FLAGS | NEWS_GONE) {
            0 => News::None,
            NEWS_FLAGS => News::Flags,
            _ => News::Gone,
        }
    }

    pub(super) fn set_flags(&mut self, flags: SetId, modseq: ModSeq) {
        let rest = self.marks & (RECENT | NEWS_FLAGS | NEWS_GONE);
        self.marks = (flags.number() << BITS) | rest;
        self.modseq = modseq;
    }

    pub(super) fn set_news(&mut self, news: News) {
        self.marks &= !(NEWS_FLAGS | NEWS_GONE);
        self.marks |= match news {
            News::None => 0,
            News::Flags => NEWS_FLAGS,
            News::Gone => NEWS_GONE,
        };
    }

    pub(super) fn forget_recent(&mut self) {
        self.marks &= !RECENT;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_small_and_keeps_its_marks_apart() {
        assert!(std::mem::size_of::<Entry>() <= 16);
        let listed = Listed { uid: Uid(7), flags: SetId::of(5), modseq: ModSeq(9) };
        let mut entry = Entry::new(listed, true);
        for news in [News::Flags, News::Gone, News::None] {
            entry.set_news(news);
            entry.set_flags(SetId::of(70_000), ModSeq(10));
            assert_eq!((entry.news(), entry.flags(), entry.is_recent()), (news, SetId::of(70_000), true));
        }
        entry.forget_recent();
        assert_eq!((entry.uid(), entry.modseq(), entry.is_recent()), (Uid(7), ModSeq(10), false));
    }
}
