//! Mailbox names: hierarchy with `/`, INBOX in any case; not their encoding on the wire.

use std::collections::BTreeSet;
use std::fmt;

use rusqlite::Connection;

use super::StoreError;

/// The hierarchy delimiter of every name.
pub(crate) const DELIMITER: char = '/';

/// The first level of the names that mailboxes of other users have (RFC 2342, section 5). Nobody can
/// have a mailbox of his own that is called so.
pub(crate) const OTHER_USERS: &str = "Other Users";

/// Longest name, in octets of UTF-8.
const MAX_OCTETS: usize = 1000;
/// Most levels of a name.
const MAX_LEVELS: usize = 32;

/// A mailbox name in normal form: Unicode, no empty level, no trailing delimiter,
/// `INBOX` (also as the first level) in upper case (RFC 3501, section 5.1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct MailboxName(String);

impl MailboxName {
    /// The user's name in normal form. One trailing delimiter is taken as the declaration
    /// that inferior names are to come (RFC 3501, section 6.3.3), and dropped.
    ///
    /// # Errors
    /// [`StoreError::InvalidName`] for an empty level, a control character, or a name that
    /// is too long or too deep.
    pub(crate) fn new(name: &str) -> Result<Self, StoreError> {
        let name = name.strip_suffix(DELIMITER).unwrap_or(name);
        let levels = name.split(DELIMITER);
        if name.len() > MAX_OCTETS
            || levels.clone().count() > MAX_LEVELS
            || levels.clone().any(str::is_empty)
            || name.chars().any(char::is_control)
        {
            return Err(StoreError::InvalidName);
        }
        Ok(Self(fold_inbox(name)))
    }

    /// The mailbox that every account has.
    pub(crate) fn inbox() -> Self {
        Self("INBOX".to_owned())
    }

    /// The name as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Does it stand where other users' mailboxes do?
    pub(crate) fn is_of_others(&self) -> bool {
        self.0.split(DELIMITER).next() == Some(OTHER_USERS)
    }

    /// The user and the name that he has for it, where this is a mailbox of another user.
    pub(crate) fn of_other(&self) -> Option<(&str, Self)> {
        let rest = self.0.strip_prefix(OTHER_USERS)?.strip_prefix(DELIMITER)?;
        let (user, name) = rest.split_once(DELIMITER)?;
        Some((user, Self(fold_inbox(name))))
    }

    /// The name that another user's mailbox has for everybody but him.
    pub(crate) fn seen_by_others(&self, user: &str) -> Self {
        Self(format!("{OTHER_USERS}{DELIMITER}{user}{DELIMITER}{}", self.0))
    }

    /// Is it INBOX itself?
    pub(crate) fn is_inbox(&self) -> bool {
        self.0 == "INBOX"
    }

    /// The superior names, highest first, without the name itself.
    pub(crate) fn ancestors(&self) -> impl Iterator<Item = Self> + '_ {
        self.0
            .match_indices(DELIMITER)
            .filter_map(|(place, _)| self.0.get(..place))
            .map(|name| Self(name.to_owned()))
    }

    /// What every inferior name starts with.
    pub(crate) fn prefix(&self) -> String {
        format!("{}{DELIMITER}", self.0)
    }

    /// Is this name below `other` in the hierarchy?
    pub(crate) fn is_below(&self, other: &Self) -> bool {
        self.0.starts_with(&other.prefix())
    }

    /// Those of the names that are below this one; they stand side by side.
    pub(crate) fn among<'s>(
        &self,
        sorted: &'s BTreeSet<&'s Self>,
    ) -> impl Iterator<Item = &'s Self> + use<'s> {
        let first = Self(self.prefix());
        let below = sorted.range::<Self, _>(&first..).copied();
        below.take_while(move |name| name.0.starts_with(&first.0))
    }

    /// This name (which is `old` or below it) after `old` became `new`.
    pub(super) fn moved(&self, old: &Self, new: &Self) -> Result<Self, StoreError> {
        match self.0.strip_prefix(old.as_str()) {
            Some(rest) => Self::new(&format!("{new}{rest}")),
            None => Err(StoreError::InvalidName),
        }
    }

    /// A name from the database, which holds only normal forms.
    pub(super) fn stored(name: String) -> Self {
        Self(name)
    }
}

/// Mailboxes of before that stand where now other users' mailboxes do get another first level, one
/// that nobody uses yet.
pub(super) fn free_other_users(sql: &Connection) -> Result<(), StoreError> {
    let mut held = sql
        .prepare("SELECT 1 FROM mailboxes WHERE name = ?1 OR substr(name, 1, length(?1) + 1) = ?1 || '/'")?;
    let (mut free, mut number) = (OTHER_USERS.to_owned(), 1_u32);
    while held.exists([&free])? {
        number = number.saturating_add(1);
        free = format!("{OTHER_USERS} {number}");
    }
    for table in ["mailboxes", "subscriptions", "retired_names"] {
        sql.execute(
            &format!(
                "UPDATE {table} SET name = ?2 || substr(name, length(?1) + 1)
                 WHERE name = ?1 OR substr(name, 1, length(?1) + 1) = ?1 || '/'"
            ),
            [OTHER_USERS, &free],
        )?;
    }
    Ok(())
}

fn fold_inbox(name: &str) -> String {
    let (first, rest) = name.split_at(name.find(DELIMITER).unwrap_or(name.len()));
    if first.eq_ignore_ascii_case("INBOX") { format!("INBOX{rest}") } else { name.to_owned() }
}

impl fmt::Display for MailboxName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> MailboxName {
        MailboxName::new(text).unwrap()
    }

    #[test]
    fn inbox_is_one_name_in_any_case() {
        assert!(name("iNbOx").is_inbox());
        assert_eq!(name("inbox/Sub").as_str(), "INBOX/Sub");
        assert_eq!(name("Inboxes").as_str(), "Inboxes");
    }

    #[test]
    fn names_that_cannot_be_are_refused() {
        for bad in ["", "/", "/a", "a//b", "a\u{7}b", "a//"] {
            assert_eq!(MailboxName::new(bad), Err(StoreError::InvalidName), "{bad:?}");
        }
        assert!(MailboxName::new(&"a".repeat(1001)).is_err());
        assert!(MailboxName::new(&vec!["a"; 33].join("/")).is_err());
    }

    #[test]
    fn a_trailing_delimiter_is_dropped() {
        assert_eq!(name("owatagusiam/").as_str(), "owatagusiam");
    }

    #[test]
    fn ancestors_come_highest_first() {
        let all: Vec<_> = name("a/b/c").ancestors().map(|n| n.to_string()).collect();
        assert_eq!(all, ["a", "a/b"]);
    }

    #[test]
    fn names_below_one_are_found_among_others() {
        let names: Vec<_> = ["a", "a!", "a-b", "a/b", "a/b/c", "a0", "ab", "b"].map(name).to_vec();
        let sorted: BTreeSet<&MailboxName> = names.iter().collect();
        let below = |text| -> Vec<&str> { name(text).among(&sorted).map(MailboxName::as_str).collect() };
        assert_eq!(below("a"), ["a/b", "a/b/c"]);
        assert_eq!(below("a/b/c"), [""; 0]);
        for one in &names {
            let expected: Vec<_> = names.iter().filter(|other| other.is_below(one)).collect();
            assert_eq!(one.among(&sorted).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn moving_changes_only_the_front() {
        let moved = name("foo/bar/foo").moved(&name("foo"), &name("zap/x"));
        assert_eq!(moved.unwrap().as_str(), "zap/x/bar/foo");
    }
}
