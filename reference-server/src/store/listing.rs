//! The messages of a mailbox as a list that costs 16 octets for each: who holds one for every
//! session holds no messages. What else there is of a message is read when it is asked for (see
//! `reading`).

use std::collections::HashMap;
use std::sync::Arc;

use super::flags::Flags;
use super::ids::{ModSeq, Uid};

/// Which of the sets of flags in a [`FlagSets`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SetId(u32);

impl SetId {
    /// The number of its place, from 0 on; far below 2^29, as each set takes its room in memory.
    pub(crate) fn number(self) -> u32 {
        self.0
    }

    /// The one with that number.
    pub(crate) fn of(number: u32) -> Self {
        Self(number)
    }

    fn place(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// Sets of flags, each of them once: a mailbox has many messages and few different sets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FlagSets {
    sets: Vec<Arc<Flags>>,
    ids: HashMap<Arc<Flags>, SetId>,
    /// The one that was asked for last, which is likely to be asked for next.
    latest: Option<SetId>,
}

impl FlagSets {
    /// The id of a set, which is taken in where it is new.
    pub(crate) fn id(&mut self, flags: &Flags) -> SetId {
        if let Some(latest) = self.latest
            && self.get(latest) == flags
        {
            return latest;
        }
        let id = match self.ids.get(flags) {
            Some(id) => *id,
            None => {
                let id = SetId(u32::try_from(self.sets.len()).unwrap_or(u32::MAX));
                let shared = Arc::new(flags.clone());
                self.sets.push(Arc::clone(&shared));
                self.ids.insert(shared, id);
                id
            }
        };
        self.latest = Some(id);
        id
    }

    /// The id of a set in the form in which the database holds it.
    pub(super) fn id_of_columns(&mut self, system: u8, keywords: &str) -> SetId {
        if let Some(latest) = self.latest
            && self.get(latest).is_of_columns(system, keywords)
        {
            return latest;
        }
        self.id(&Flags::from_columns(system, keywords))
    }

    /// The set with that id; no flags where there is none.
    pub(crate) fn get(&self, id: SetId) -> &Flags {
        static NONE: Flags = Flags::new();
        self.sets.get(id.place()).map_or(&NONE, |flags| flags)
    }

    /// All of them, in the order of their ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Flags> {
        self.sets.iter().map(|flags| &**flags)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.sets.len()
    }
}

/// One message of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Its unique identifier.
    pub(crate) uid: Uid,
    /// Its flags, among the sets of the list.
    pub(crate) flags: SetId,
    /// The modification sequence of its latest change.
    pub(crate) modseq: ModSeq,
}

/// Messages of a mailbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Listing {
    /// The messages, in ascending order of UID.
    pub(crate) messages: Vec<Listed>,
    /// The sets of flags that they have.
    pub(crate) sets: FlagSets,
}

impl Listing {
    /// One more, behind all others.
    pub(crate) fn push(&mut self, uid: Uid, flags: &Flags, modseq: ModSeq) {
        let flags = self.sets.id(flags);
        self.messages.push(Listed { uid, flags, modseq });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::SystemFlag;

    #[test]
    fn a_set_is_held_once_however_it_is_asked_for() {
        let mut sets = FlagSets::default();
        let seen = Flags::new().with(SystemFlag::Seen);
        let mut tagged = seen.clone();
        tagged.insert_keyword("$Work");
        let ids = [sets.id(&seen), sets.id(&tagged), sets.id(&seen), sets.id_of_columns(8, "$Work")];
        assert_eq!(ids.map(SetId::number), [0, 1, 0, 1]);
        assert_eq!((sets.count(), sets.get(ids[1])), (2, &tagged));
        assert_eq!(sets.get(SetId::of(9)), &Flags::new());
    }

    #[test]
    fn a_message_of_a_list_is_small() {
        assert!(std::mem::size_of::<Listed>() <= 16);
    }
}
