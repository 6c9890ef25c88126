//! Flags of a message (RFC 3501, section 2.3.2), without `\Recent`, which belongs to
//! a session and not to a message.

use std::fmt;

/// A system flag that a client may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum SystemFlag {
    /// `\Answered`
    Answered,
    /// `\Flagged`
    Flagged,
    /// `\Deleted`
    Deleted,
    /// `\Seen`
    Seen,
    /// `\Draft`
    Draft,
}

impl SystemFlag {
    /// All of them, in the order in which they are shown.
    pub(crate) const ALL: [Self; 5] = [Self::Answered, Self::Flagged, Self::Deleted, Self::Seen, Self::Draft];

    /// The flag as it is written, with its backslash.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Answered => "\\Answered",
            Self::Flagged => "\\Flagged",
            Self::Deleted => "\\Deleted",
            Self::Seen => "\\Seen",
            Self::Draft => "\\Draft",
        }
    }

    /// The flag of this name; upper and lower case do not matter.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flag| flag.name().eq_ignore_ascii_case(name))
    }

    fn bit(self) -> u8 {
        match self {
            Self::Answered => 1,
            Self::Flagged => 2,
            Self::Deleted => 4,
            Self::Seen => 8,
            Self::Draft => 16,
        }
    }
}

/// How long the keywords of a message may be together, in octets: each session that has the mailbox open
/// holds every set of flags that its messages have.
const KEYWORD_OCTETS: usize = 2000;

/// A set of system flags and keywords.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Flags {
    system: u8,
    /// In order of their lower-case forms; the case of the first setting is kept.
    keywords: Vec<Box<str>>,
}

impl Flags {
    /// No flags.
    pub(crate) const fn new() -> Self {
        Self { system: 0, keywords: Vec::new() }
    }

    /// Is the system flag in the set?
    pub(crate) fn has(&self, flag: SystemFlag) -> bool {
        self.system & flag.bit() != 0
    }

    /// Adds a system flag.
    pub(crate) fn insert(&mut self, flag: SystemFlag) {
        self.system |= flag.bit();
    }

    /// This set with one system flag more.
    #[must_use]
    pub(crate) fn with(mut self, flag: SystemFlag) -> Self {
        self.insert(flag);
        self
    }

    /// Is the keyword in the set? Upper and lower case do not matter.
    pub(crate) fn has_keyword(&self, keyword: &str) -> bool {
        self.position(keyword).is_ok()
    }

    /// Adds a keyword: an atom (RFC 3501, section 9), which the caller has seen to.
    pub(crate) fn insert_keyword(&mut self, keyword: &str) {
        if let Err(place) = self.position(keyword) {
            self.keywords.insert(place, keyword.into());
        }
    }

    /// Has it more keywords than a message may have?
    pub(super) fn is_too_long(&self) -> bool {
        let lengths = self.keywords.iter().map(|keyword| keyword.len());
        lengths.fold(0, usize::saturating_add) > KEYWORD_OCTETS
    }

    /// The keywords, in alphabetical order.
    pub(crate) fn keywords(&self) -> impl Iterator<Item = &str> {
        self.keywords.iter().map(AsRef::as_ref)
    }

    /// The system flags in the set.
    pub(crate) fn system(&self) -> impl Iterator<Item = SystemFlag> + '_ {
        SystemFlag::ALL.into_iter().filter(|flag| self.has(*flag))
    }

    /// Whether `other` has of these flags the same ones.
    pub(crate) fn agrees(&self, other: &Self, about: &Self) -> bool {
        let mut keywords = about.keywords();
        self.system & about.system == other.system & about.system
            && keywords.all(|keyword| self.has_keyword(keyword) == other.has_keyword(keyword))
    }

    /// Nothing in it?
    pub(crate) fn is_empty(&self) -> bool {
        self.system == 0 && self.keywords.is_empty()
    }

    /// Adds all of `other`.
    pub(crate) fn add(&mut self, other: &Self) {
        self.system |= other.system;
        for keyword in &other.keywords {
            self.insert_keyword(keyword);
        }
    }

    /// Takes all of `other` away.
    pub(crate) fn remove(&mut self, other: &Self) {
        self.system &= !other.system;
        self.keywords.retain(|keyword| !other.has_keyword(keyword));
    }

    fn position(&self, keyword: &str) -> Result<usize, usize> {
        let wanted = keyword.to_ascii_lowercase();
        self.keywords.binary_search_by(|held| held.to_ascii_lowercase().as_str().cmp(&wanted))
    }

    /// Names with a space between, as inside an IMAP flag list.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let system = self.system().map(|flag| -> &str { flag.name() });
        for (index, name) in system.chain(self.keywords()).enumerate() {
            if index > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(name.as_bytes());
        }
    }

    /// The form in which the database holds the set: bits, and keywords with a space between.
    pub(super) fn to_columns(&self) -> (u8, String) {
        (self.system, self.keywords.join(" "))
    }

    /// Is this its form in the database? False where that holds a keyword twice, or out of order.
    pub(super) fn is_of_columns(&self, system: u8, keywords: &str) -> bool {
        let held = self.keywords.iter().map(AsRef::as_ref);
        self.system == system && held.eq(keywords.split_ascii_whitespace())
    }

    /// The set from its form in the database.
    pub(super) fn from_columns(system: u8, keywords: &str) -> Self {
        let mut flags = Self { system, keywords: Vec::new() };
        for keyword in keywords.split_ascii_whitespace() {
            flags.insert_keyword(keyword);
        }
        flags
    }
}

impl FromIterator<SystemFlag> for Flags {
    fn from_iter<I: IntoIterator<Item = SystemFlag>>(flags: I) -> Self {
        flags.into_iter().fold(Self::new(), Self::with)
    }
}

impl fmt::Display for Flags {
    /// Names with a space between, as inside an IMAP flag list.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let system = self.system().map(|flag| -> &str { flag.name() });
        let names = system.chain(self.keywords());
        for (index, name) in names.enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_ignore_case_and_keep_the_first_spelling() {
        let mut flags = Flags::new();
        flags.insert_keyword("$Forwarded");
        flags.insert_keyword("$FORWARDED");
        flags.insert_keyword("alpha");
        assert!(flags.has_keyword("$forwarded"));
        assert_eq!(flags.to_string(), "$Forwarded alpha");
    }

    #[test]
    fn columns_give_back_the_same_set() {
        let mut flags = Flags::new().with(SystemFlag::Seen).with(SystemFlag::Draft);
        flags.insert_keyword("Zeta");
        flags.insert_keyword("beta");
        let (system, keywords) = flags.to_columns();
        assert_eq!(Flags::from_columns(system, &keywords), flags);
        assert_eq!(flags.to_string(), "\\Seen \\Draft beta Zeta");
    }

    #[test]
    fn adding_and_removing_leave_the_rest() {
        let mut flags = Flags::new().with(SystemFlag::Seen);
        let mut other = Flags::new().with(SystemFlag::Flagged);
        other.insert_keyword("x");
        flags.add(&other);
        assert!(flags.has(SystemFlag::Flagged) && flags.has_keyword("X"));
        flags.remove(&other);
        assert_eq!(flags, Flags::new().with(SystemFlag::Seen));
    }

    #[test]
    fn system_flags_are_read_in_any_case() {
        assert_eq!(SystemFlag::parse("\\sEEN"), Some(SystemFlag::Seen));
        assert_eq!(SystemFlag::parse("\\Recent"), None);
    }
}
