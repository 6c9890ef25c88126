//! What a mailbox is for, beyond holding messages (RFC 6154, section 2).

/// A special use that a mailbox of this server can have. Those that would have to be views of other
/// mailboxes (`\All`, `\Flagged`) are none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SpecialUse {
    /// `\Archive`
    Archive,
    /// `\Drafts`
    Drafts,
    /// `\Junk`
    Junk,
    /// `\Sent`
    Sent,
    /// `\Trash`
    Trash,
}

impl SpecialUse {
    const ALL: [Self; 5] = [Self::Archive, Self::Drafts, Self::Junk, Self::Sent, Self::Trash];

    /// The attribute as it is written, with its backslash.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Archive => "\\Archive",
            Self::Drafts => "\\Drafts",
            Self::Junk => "\\Junk",
            Self::Sent => "\\Sent",
            Self::Trash => "\\Trash",
        }
    }

    /// The use of this name; upper and lower case do not matter.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(name))
    }

    /// The uses that a client lists, with a space between; nothing where one of them is not known.
    pub(crate) fn from_text(text: &[u8]) -> Option<Vec<Self>> {
        let text = std::str::from_utf8(text).ok()?;
        let mut uses: Vec<Self> = text.split_ascii_whitespace().map(Self::parse).collect::<Option<_>>()?;
        uses.sort_unstable();
        uses.dedup();
        Some(uses)
    }

    /// The form in which the database holds uses: names with a space between.
    pub(super) fn to_column(uses: &[Self]) -> String {
        let names: Vec<_> = uses.iter().map(|known| known.name()).collect();
        names.join(" ")
    }

    /// The uses from their form in the database.
    pub(super) fn from_column(text: &str) -> Vec<Self> {
        text.split_ascii_whitespace().filter_map(Self::parse).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_give_back_the_same_uses() {
        let uses = [SpecialUse::Sent, SpecialUse::Drafts];
        assert_eq!(SpecialUse::from_column(&SpecialUse::to_column(&uses)), uses);
        assert_eq!(SpecialUse::parse("\\tRASH"), Some(SpecialUse::Trash));
        assert_eq!(SpecialUse::parse("\\All"), None);
        assert_eq!(SpecialUse::from_text(b"\\sent \\Drafts \\Sent"), Some(vec![uses[1], uses[0]]));
        assert_eq!(SpecialUse::from_text(b""), Some(Vec::new()));
        assert_eq!(SpecialUse::from_text(b"\\Sent \\All"), None);
    }
}
