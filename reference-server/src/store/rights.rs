//! Access rights (RFC 4314, section 2.1): a set of letters, and what each allows. Not who has them;
//! see [`super::acl`].

use std::fmt;

use super::flags::{Flags, SystemFlag};

/// What may be done with a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Rights(u16);

/// The letters, each a bit, in the order in which they are shown.
const LETTERS: &str = "lrswipkxtea";

impl Rights {
    /// None at all.
    pub(crate) const NONE: Self = Self(0);
    /// `l`: the mailbox is listed and may be subscribed to.
    pub(crate) const LOOKUP: Self = Self(1);
    /// `r`: it may be selected, and its numbers may be asked for.
    pub(crate) const READ: Self = Self(1 << 1);
    /// `s`: `\Seen` may be set and cleared.
    pub(crate) const SEEN: Self = Self(1 << 2);
    /// `w`: all other flags but `\Deleted` may be.
    pub(crate) const WRITE: Self = Self(1 << 3);
    /// `i`: messages may be put into it.
    pub(crate) const INSERT: Self = Self(1 << 4);
    /// `p`: mail may be sent to it, which is nothing to IMAP.
    pub(crate) const POST: Self = Self(1 << 5);
    /// `k`: mailboxes may be made below it.
    pub(crate) const CREATE: Self = Self(1 << 6);
    /// `x`: the mailbox itself may be deleted and renamed.
    pub(crate) const DELETE: Self = Self(1 << 7);
    /// `t`: `\Deleted` may be set and cleared.
    pub(crate) const DELETE_MESSAGES: Self = Self(1 << 8);
    /// `e`: its messages may be expunged.
    pub(crate) const EXPUNGE: Self = Self(1 << 9);
    /// `a`: who has which rights may be seen and changed.
    pub(crate) const ADMINISTER: Self = Self(1 << 10);
    /// All of them.
    pub(crate) const ALL: Self = Self((1 << 11) - 1);
    /// What the owner has whatever the list says, so that nobody locks himself out.
    pub(crate) const OF_OWNER: Self = Self::LOOKUP.and(Self::ADMINISTER);
    /// Those that are about flags. All flags are shared by those who see the mailbox (section 5.2).
    pub(crate) const FLAGS: Self = Self::SEEN.and(Self::WRITE).and(Self::DELETE_MESSAGES);
    /// Those of which any is enough to be told which ones one has (section 4, MYRIGHTS).
    pub(crate) const OF_MAILBOX: Self = Self::LOOKUP
        .and(Self::READ)
        .and(Self::INSERT)
        .and(Self::CREATE)
        .and(Self::DELETE)
        .and(Self::ADMINISTER);
    /// Those of which any, beside `l`, is enough to annotate the mailbox (RFC 5464, section 3.3).
    pub(crate) const TO_ANNOTATE: Self =
        Self::READ.and(Self::SEEN).and(Self::WRITE).and(Self::INSERT).and(Self::POST);
    /// `c` stood for these in RFC 2086, as this server reads it (section 2.1.1).
    const OLD_CREATE: Self = Self::CREATE.and(Self::DELETE);
    /// And `d` for these.
    const OLD_DELETE: Self = Self::DELETE_MESSAGES.and(Self::EXPUNGE);

    /// Both sets together.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set without those of the other.
    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Are all of these among them?
    pub(crate) fn has(self, wanted: Self) -> bool {
        self.0 & wanted.0 == wanted.0
    }

    /// Is any of these among them?
    pub(crate) fn has_any(self, wanted: Self) -> bool {
        self.0 & wanted.0 != 0
    }

    /// The set of these letters, `c` and `d` for what they stood for; or that one of them is no right.
    pub(crate) fn parse(letters: &str) -> Option<Self> {
        letters.chars().try_fold(Self::NONE, |held, letter| {
            Some(held.and(match letter {
                'c' => Self::OLD_CREATE,
                'd' => Self::OLD_DELETE,
                _ => Self(1 << LETTERS.find(letter)?),
            }))
        })
    }

    /// Each of them by itself, in order.
    pub(crate) fn each(self) -> impl Iterator<Item = char> {
        LETTERS.chars().enumerate().filter(move |(bit, _)| self.0 & (1 << bit) != 0).map(|(_, letter)| letter)
    }

    /// The letters of RFC 2086 that are shown with them: each where any right is there that it stood
    /// for.
    pub(crate) fn obsolete(self) -> impl Iterator<Item = char> {
        let old = [(Self::OLD_CREATE, 'c'), (Self::OLD_DELETE, 'd')];
        old.into_iter().filter(move |(members, _)| self.has_any(*members)).map(|(_, letter)| letter)
    }

    /// Those of the flags that somebody with these rights may set and clear (section 4).
    pub(crate) fn of_flags(self, flags: &Flags) -> Flags {
        let mut allowed: Flags = flags.system().filter(|flag| self.has(Self::of_flag(*flag))).collect();
        if self.has(Self::WRITE) {
            flags.keywords().for_each(|keyword| allowed.insert_keyword(keyword));
        }
        allowed
    }

    /// The right that it takes to set or clear a flag.
    pub(crate) fn of_flag(flag: SystemFlag) -> Self {
        match flag {
            SystemFlag::Seen => Self::SEEN,
            SystemFlag::Deleted => Self::DELETE_MESSAGES,
            SystemFlag::Answered | SystemFlag::Flagged | SystemFlag::Draft => Self::WRITE,
        }
    }

    /// The form in which the database holds them.
    pub(super) fn to_column(self) -> u16 {
        self.0
    }

    /// The rights from their form in the database.
    pub(super) fn from_column(bits: u16) -> Self {
        Self(bits & Self::ALL.0)
    }
}

impl fmt::Display for Rights {
    /// The letters, those of RFC 2086 behind them, as MYRIGHTS and ACL tell them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.each().chain(self.obsolete()).try_for_each(|letter| write!(f, "{letter}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_come_back_with_the_obsolete_ones() {
        for (given, shown) in [
            ("", ""),
            ("lrs", "lrs"),
            ("srl", "lrs"),
            ("c", "kxc"),
            ("d", "ted"),
            ("lt", "ltd"),
            ("lx", "lxc"),
            ("lrswipkxtea", "lrswipkxteacd"),
            ("lrswipcda", "lrswipkxteacd"),
        ] {
            assert_eq!(Rights::parse(given).unwrap().to_string(), shown, "{given}");
        }
        assert_eq!(Rights::parse("lrswipcda"), Some(Rights::ALL));
        for wrong in ["Q", "lq", "L", "0", "l r"] {
            assert_eq!(Rights::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn each_flag_has_its_right() {
        let mut flags: Flags = SystemFlag::ALL.into_iter().collect();
        flags.insert_keyword("$Forwarded");
        let allowed = |letters| Rights::parse(letters).unwrap().of_flags(&flags).to_string();
        assert_eq!(allowed("rs"), "\\Seen");
        assert_eq!(allowed("rt"), "\\Deleted");
        assert_eq!(allowed("rw"), "\\Answered \\Flagged \\Draft $Forwarded");
        assert_eq!(allowed("lrikxea"), "");
    }
}
