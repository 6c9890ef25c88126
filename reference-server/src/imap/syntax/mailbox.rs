//! Mailbox names and list patterns as arguments (RFC 3501, sections 5.1 and 9: mailbox,
//! list-mailbox).

use super::cursor::{Cursor, Parsed, is_astring_char};

/// A mailbox name as a client wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MailboxArgument {
    /// A name.
    Name {
        /// It, decoded and in normal form; `INBOX` in upper case however it was written, also as
        /// the first level of a hierarchy.
        name: String,
        /// As the client wrote it, decoded.
        written: String,
    },
    /// Octets that are no name in the encoding of the session; no mailbox is called so, and none can be.
    Unnameable,
}

/// ```abnf
/// mailbox = "INBOX" / astring       ; INBOX is case-insensitive
/// ```
pub(crate) fn mailbox(cursor: &mut Cursor<'_>) -> Parsed<MailboxArgument> {
    let wire = cursor.astring()?;
    Ok(match cursor.names().decode(&wire) {
        Some(written) => {
            let name = with_inbox_in_upper_case(cursor.names().normal(written.clone()));
            MailboxArgument::Name { name, written }
        }
        None => MailboxArgument::Unnameable,
    })
}

fn with_inbox_in_upper_case(name: String) -> String {
    const INBOX: &str = "INBOX";
    match name.get(..INBOX.len()) {
        Some(start) if start.eq_ignore_ascii_case(INBOX) => match name.get(INBOX.len()..) {
            Some("") => INBOX.to_owned(),
            Some(below) if below.starts_with('/') => format!("{INBOX}{below}"),
            _ => name,
        },
        _ => name,
    }
}

/// ```abnf
/// list-mailbox = 1*list-char / string
/// list-char    = ATOM-CHAR / list-wildcards / resp-specials
/// ```
pub(crate) fn list_mailbox(cursor: &mut Cursor<'_>) -> Parsed<Vec<u8>> {
    let is_list_char = |octet| is_astring_char(octet) || matches!(octet, b'%' | b'*');
    let pattern = cursor.atom_like(is_list_char, "a mailbox name or pattern was expected")?;
    Ok(match String::from_utf8(pattern) {
        Ok(text) => cursor.names().normal(text).into_bytes(),
        Err(other) => other.into_bytes(),
    })
}

/// Reference and pattern of LIST, put together (RFC 3501, section 6.3.8): names are matched as
/// they are written on the wire, octet for octet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListPattern(Vec<u8>);

impl ListPattern {
    /// The canonical form: this server has no break-out characters, so the pattern is appended to
    /// the reference.
    pub(crate) fn new(reference: &[u8], pattern: &[u8]) -> Self {
        let mut whole = reference.to_vec();
        whole.extend_from_slice(pattern);
        // Runs of wildcards mean what one of them means; folding them bounds the matching.
        let mut folded: Vec<u8> = Vec::with_capacity(whole.len());
        for octet in whole {
            match (folded.last_mut(), octet) {
                (Some(last @ (b'*' | b'%')), b'*' | b'%') => {
                    if octet == b'*' {
                        *last = b'*';
                    }
                }
                _ => folded.push(octet),
            }
        }
        Self(folded)
    }

    /// Whether the pattern ends in `%`, so that levels of hierarchy are told as well.
    pub(crate) fn ends_with_level_wildcard(&self) -> bool {
        self.0.last() == Some(&b'%')
    }

    /// Whether `wire` (a name as it is written) matches. Letters match exactly, but those of a
    /// leading `INBOX` match in any case.
    pub(crate) fn matches(&self, wire: &str) -> bool {
        let folds = wire == "INBOX" || wire.starts_with("INBOX/");
        let insensitive = if folds { "INBOX".len() } else { 0 };
        matches_from(&self.0, wire.as_bytes(), insensitive)
    }
}

/// Keeps the set of pattern positions that are alive while it goes through the name, so that the
/// time is bounded by the product of both lengths whatever the pattern is.
fn matches_from(pattern: &[u8], name: &[u8], insensitive: usize) -> bool {
    // Each octet that is no wildcard takes one of the name, which is far shorter than a line may be.
    if pattern.iter().filter(|octet| !matches!(octet, b'*' | b'%')).count() > name.len() {
        return false;
    }
    let mut alive = vec![false; pattern.len().saturating_add(1)];
    set(&mut alive, 0);
    close_over_wildcards(pattern, &mut alive);
    for (at, &octet) in name.iter().enumerate() {
        let mut next = vec![false; alive.len()];
        for (position, &wanted) in pattern.iter().enumerate() {
            if !alive.get(position).copied().unwrap_or(false) {
                continue;
            }
            match wanted {
                b'*' => set(&mut next, position),
                b'%' if octet != b'/' => set(&mut next, position),
                b'%' => {}
                _ if wanted == octet || (at < insensitive && wanted.eq_ignore_ascii_case(&octet)) => {
                    set(&mut next, position.saturating_add(1));
                }
                _ => {}
            }
        }
        close_over_wildcards(pattern, &mut next);
        alive = next;
    }
    alive.last().copied().unwrap_or(false)
}

fn set(alive: &mut [bool], position: usize) {
    if let Some(slot) = alive.get_mut(position) {
        *slot = true;
    }
}

/// A wildcard may match nothing: who stands before it stands behind it, too.
fn close_over_wildcards(pattern: &[u8], alive: &mut [bool]) {
    for (position, &wanted) in pattern.iter().enumerate() {
        if matches!(wanted, b'*' | b'%') && alive.get(position).copied().unwrap_or(false) {
            set(alive, position.saturating_add(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        ListPattern::new(b"", pattern.as_bytes()).matches(name)
    }

    #[test]
    fn inbox_is_one_name_in_every_case() {
        for (text, name) in [
            ("iNbOx", "INBOX"),
            ("\"inbox\"", "INBOX"),
            ("inbox/a", "INBOX/a"),
            ("inboxes", "inboxes"),
            ("a/inbox", "a/inbox"),
            ("&AOk-t&AOk-", "\u{e9}t\u{e9}"),
        ] {
            let found = mailbox(&mut Cursor::whole(text.as_bytes(), 0)).unwrap();
            assert!(matches!(found, MailboxArgument::Name { name: found, .. } if found == name), "{text}");
        }
        let found = mailbox(&mut Cursor::whole(b"a&b", 0)).unwrap();
        assert_eq!(found, MailboxArgument::Unnameable);
    }

    #[test]
    fn star_crosses_levels_and_percent_does_not() {
        assert!(matches("*", "a/b/c"));
        assert!(matches("a*c", "a/b/c"));
        assert!(!matches("%", "a/b"));
        assert!(matches("a/%", "a/b"));
        assert!(!matches("a/%", "a/b/c"));
        assert!(matches("%/%", "a/b"));
        assert!(matches("%b%", "abc"));
        assert!(!matches("", "a"));
        assert!(!matches("A", "a"));
        assert!(matches("*%*%*", "a/b"));
    }

    #[test]
    fn inbox_matches_in_any_case_and_others_do_not() {
        assert!(matches("inbox", "INBOX"));
        assert!(matches("in%", "INBOX"));
        assert!(!matches("sent", "Sent"));
        assert!(!matches("inboxes", "INBOX"));
    }

    #[test]
    fn a_hostile_pattern_takes_no_exponential_time() {
        let pattern = "*a".repeat(2000);
        assert!(!matches(&pattern, &"a".repeat(1000)));
    }

    #[test]
    fn reference_and_pattern_are_joined() {
        let pattern = ListPattern::new(b"archive/", b"%");
        assert!(pattern.matches("archive/2020"));
        assert!(!pattern.matches("archive"));
        assert!(pattern.ends_with_level_wildcard());
    }
}
