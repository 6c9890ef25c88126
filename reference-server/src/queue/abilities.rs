//! What another server says it can do: the lines of its reply to EHLO. Pure.

use super::reply::Reply;

/// What the other server can do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Abilities {
    pub(super) pipelining: bool,
    pub(super) eight_bit: bool,
    pub(super) binary: bool,
    pub(super) chunking: bool,
    pub(super) utf8: bool,
    /// SIZE, with the size of the largest message, where there is one (RFC 1870, section 4).
    pub(super) size: Option<Largest>,
    pub(super) dsn: bool,
    pub(super) starttls: bool,
    pub(super) requires_tls: bool,
    pub(super) priority: bool,
    /// DELIVERBY, with the least by-time that it takes.
    pub(super) deliver_by: Option<i64>,
    pub(super) auth_plain: bool,
}

/// The largest message that another server takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Largest {
    /// So many octets.
    Octets(u64),
    /// It is not told, or there is none.
    Any,
}

impl Largest {
    /// `size-param ::= [1*DIGIT]` (RFC 1870, section 4); 0 is no limit, and so is what is no number.
    fn of(word: Option<&str>) -> Self {
        match word.and_then(|digits| digits.parse().ok()) {
            None | Some(0) => Self::Any,
            Some(octets) => Self::Octets(octets),
        }
    }
}

impl Abilities {
    /// Does it tell that a message of so many octets is too large?
    pub(super) fn is_too_large(&self, octets: u64) -> bool {
        matches!(self.size, Some(Largest::Octets(largest)) if octets > largest)
    }

    /// What the lines after the first say, in any case of letters.
    pub(super) fn of(reply: &Reply) -> Self {
        let mut found = Self::default();
        for line in reply.lines.iter().skip(1) {
            let mut words = line.split_ascii_whitespace();
            let keyword = words.next().unwrap_or_default().to_ascii_uppercase();
            match keyword.as_str() {
                "PIPELINING" => found.pipelining = true,
                "8BITMIME" => found.eight_bit = true,
                "BINARYMIME" => found.binary = true,
                "CHUNKING" => found.chunking = true,
                "SMTPUTF8" => found.utf8 = true,
                "SIZE" => found.size = Some(Largest::of(words.next())),
                "DSN" => found.dsn = true,
                "STARTTLS" => found.starttls = true,
                "REQUIRETLS" => found.requires_tls = true,
                "MT-PRIORITY" => found.priority = true,
                // `deliverby-param = min-by-time *( ',' extension-token )` (RFC 2852, section 3)
                "DELIVERBY" => {
                    let least = words.next().and_then(|word| word.split(',').next());
                    found.deliver_by = Some(least.and_then(|digits| digits.parse().ok()).unwrap_or(0));
                }
                "AUTH" => found.auth_plain = words.any(|word| word.eq_ignore_ascii_case("PLAIN")),
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abilities_are_read_in_any_case_and_not_from_the_first_line() {
        let lines =
            ["DSN greets", "pipelining", "AUTH LOGIN plain", "Size 100", "deliverby 240,x", "SMTPUTF8"];
        let reply = Reply { code: 250, lines: lines.map(str::to_owned).to_vec() };
        let found = Abilities::of(&reply);
        assert!(found.pipelining && found.auth_plain && found.utf8);
        assert!(!found.is_too_large(100) && found.is_too_large(101));
        for word in [None, Some("0"), Some("many")] {
            assert_eq!(Largest::of(word), Largest::Any, "{word:?}");
        }
        assert!(!found.dsn && !found.starttls && !found.eight_bit);
        assert_eq!(found.deliver_by, Some(240));
    }
}
