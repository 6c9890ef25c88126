//! Address lists (RFC 5322, section 3.4) in the pieces that IMAP's ENVELOPE
//! shows, the obsolete syntax of section 4.4 included.

use std::borrow::Cow;

use super::structured::{Cursor, Gap, is_blank};

/// One member of an address list, or an end of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address<'o> {
    /// A mailbox.
    Mailbox {
        /// The display name, quoting removed and not decoded; for the old form
        /// `user@host (Name)` the text of the comment.
        name: Option<Cow<'o, [u8]>>,
        /// The obsolete source route, as in `@a,@b`.
        route: Option<Cow<'o, [u8]>>,
        /// The local part, quoting removed.
        local: Cow<'o, [u8]>,
        /// The domain; empty where none is given (it may not be missing, since
        /// IMAP marks groups so).
        domain: Cow<'o, [u8]>,
    },
    /// The group of that name begins; its members follow.
    GroupStart(Cow<'o, [u8]>),
    /// The group ends.
    GroupEnd,
}

/// Reads the unfolded value of a field such as `To`. Never fails: what fits
/// nowhere is passed over up to the next comma.
pub fn parse_list(value: &[u8]) -> Vec<Address<'static>> {
    let mut reader = Reader { cursor: Cursor::new(value), found: Vec::new(), group: Group::Outside };
    while reader.member() {}
    if reader.group == Group::Inside {
        reader.found.push(Address::GroupEnd);
    }
    reader.found
}

struct Reader<'v> {
    cursor: Cursor<'v>,
    found: Vec<Address<'static>>,
    group: Group,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Outside,
    Inside,
}

/// An atom, a quoted string or a dot, and whether a gap stood before it.
struct Word {
    text: Vec<u8>,
    gap: Gap,
}

impl Reader<'_> {
    /// Reads one member with the separator after it; false at the end.
    fn member(&mut self) -> bool {
        self.cursor.skip_cfws();
        let (words, comment) = self.words();
        match self.cursor.peek() {
            Some(b'<') => self.angle(&words),
            Some(b'@') => self.bare(&words),
            Some(b':') => {
                self.cursor.advance();
                self.start_group(&words);
                return true;
            }
            _ if words.is_empty() => {}
            _ => self.found.push(Address::Mailbox {
                name: comment.map(Cow::Owned),
                route: None,
                local: joined(&words).into(),
                domain: Cow::default(),
            }),
        }
        self.cursor.skip_to(b",;");
        match self.cursor.advance() {
            Some(b';') if self.group == Group::Inside => {
                self.group = Group::Outside;
                self.found.push(Address::GroupEnd);
                true
            }
            other => other.is_some(),
        }
    }

    /// `group = display-name ":" [group-list] ";"`; within a group no other one begins.
    fn start_group(&mut self, words: &[Word]) {
        if self.group == Group::Outside {
            self.group = Group::Inside;
            self.found.push(Address::GroupStart(phrase(words).into()));
        }
    }

    /// `name-addr = [display-name] "<" [obs-route] addr-spec ">"`.
    fn angle(&mut self, words: &[Word]) {
        self.cursor.advance();
        self.cursor.skip_cfws();
        let route = (self.cursor.peek() == Some(b'@')).then(|| self.route());
        let (local, _) = self.words();
        let domain = self.domain();
        self.cursor.skip_to(b">,;");
        self.cursor.eat(b'>');
        self.found.push(Address::Mailbox {
            name: (!words.is_empty()).then(|| phrase(words).into()),
            route: route.map(Cow::Owned),
            local: joined(&local).into(),
            domain: domain.into(),
        });
    }

    /// `addr-spec = local-part "@" domain` on its own.
    fn bare(&mut self, words: &[Word]) {
        let domain = self.domain();
        let (_, name) = self.cursor.take_cfws();
        self.found.push(Address::Mailbox {
            name: name.filter(|name| !name.is_empty()).map(Cow::Owned),
            route: None,
            local: joined(words).into(),
            domain: domain.into(),
        });
    }

    /// `obs-route = obs-domain-list ":"` (RFC 5322, section 4.4).
    fn route(&mut self) -> Vec<u8> {
        let mut route = Vec::new();
        loop {
            self.cursor.skip_cfws();
            match self.cursor.peek() {
                Some(b'@') => {
                    if !route.is_empty() {
                        route.push(b',');
                    }
                    route.push(b'@');
                    route.extend(self.domain());
                }
                Some(b',') => {
                    self.cursor.advance();
                }
                Some(b':') => {
                    self.cursor.advance();
                    return route;
                }
                _ => return route,
            }
        }
    }

    /// What follows an `@`: names joined by dots, or a literal in brackets;
    /// empty where no `@` comes next.
    fn domain(&mut self) -> Vec<u8> {
        let mut domain = Vec::new();
        if !self.cursor.eat(b'@') {
            return domain;
        }
        self.cursor.skip_cfws();
        if self.cursor.peek() == Some(b'[') {
            let literal = self.cursor.take_while(|octet| octet != b']');
            domain.extend(literal.iter().filter(|&&octet| !is_blank(octet)));
            self.cursor.eat(b']');
            domain.push(b']');
            return domain;
        }
        loop {
            let atom = self.cursor.take_while(is_atom);
            domain.extend_from_slice(atom);
            let mut ahead = self.cursor.clone();
            ahead.skip_cfws();
            if !ahead.eat(b'.') {
                return domain;
            }
            ahead.skip_cfws();
            self.cursor = ahead;
            domain.push(b'.');
        }
    }

    /// Words and dots up to a separator, and the text of the last comment among them.
    fn words(&mut self) -> (Vec<Word>, Option<Vec<u8>>) {
        let mut words = Vec::new();
        let mut comment = None;
        loop {
            let (gap, text) = self.cursor.take_cfws();
            comment = text.or(comment);
            let text = match self.cursor.peek() {
                Some(b'"') => self.cursor.quoted_string(),
                Some(b'.') => {
                    self.cursor.advance();
                    vec![b'.']
                }
                Some(octet) if is_atom(octet) => self.cursor.take_while(is_atom).to_vec(),
                // Closes nothing: passed over, like a blank.
                Some(b')' | b'>') if words.is_empty() => {
                    self.cursor.advance();
                    continue;
                }
                _ => return (words, comment),
            };
            words.push(Word { text, gap });
        }
    }
}

/// Octets of an atom, with all that is not special: mail with 8-bit names exists.
fn is_atom(octet: u8) -> bool {
    !is_blank(octet) && !b"()<>,;:@.\"".contains(&octet)
}

/// A phrase: gaps become one space (RFC 5322, section 3.2.2).
fn phrase(words: &[Word]) -> Vec<u8> {
    let mut text = Vec::new();
    for (index, word) in words.iter().enumerate() {
        if index > 0 && word.gap == Gap::Some {
            text.push(b' ');
        }
        text.extend_from_slice(&word.text);
    }
    text
}

/// A local part: gaps vanish (RFC 5322, section 4.4).
fn joined(words: &[Word]) -> Vec<u8> {
    words.iter().flat_map(|word| word.text.clone()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mailbox(name: Option<&str>, local: &str, domain: &str) -> Address<'static> {
        Address::Mailbox {
            name: name.map(|name| name.as_bytes().to_vec().into()),
            route: None,
            local: local.as_bytes().to_vec().into(),
            domain: domain.as_bytes().to_vec().into(),
        }
    }

    #[test]
    fn mailboxes_come_with_and_without_names() {
        assert_eq!(
            parse_list(b"alice@example.test, Bob B <bob@example.test>,\"C, D\" <c.d@x.test>"),
            [
                mailbox(None, "alice", "example.test"),
                mailbox(Some("Bob B"), "bob", "example.test"),
                mailbox(Some("C, D"), "c.d", "x.test"),
            ]
        );
    }

    #[test]
    fn a_group_is_a_start_its_members_and_an_end() {
        assert_eq!(
            parse_list(b"A Group: a@x, B <b@y>; , c@z"),
            [
                Address::GroupStart(b"A Group".into()),
                mailbox(None, "a", "x"),
                mailbox(Some("B"), "b", "y"),
                Address::GroupEnd,
                mailbox(None, "c", "z"),
            ]
        );
        assert_eq!(
            parse_list(b"Undisclosed recipients:;"),
            [Address::GroupStart(b"Undisclosed recipients".into()), Address::GroupEnd]
        );
    }

    #[test]
    fn a_group_that_is_not_closed_ends_with_the_list() {
        assert_eq!(parse_list(b"g: a@x").last(), Some(&Address::GroupEnd));
    }

    #[test]
    fn comments_are_dropped_except_for_the_old_form_of_a_name() {
        assert_eq!(
            parse_list(b"(x) Alice (y) <a (z) @ (w) example . test (v)> (u)"),
            [mailbox(Some("Alice"), "a", "example.test")]
        );
        assert_eq!(
            parse_list(b"a@example.test (Alice \\(A\\))"),
            [mailbox(Some("Alice (A)"), "a", "example.test")]
        );
    }

    #[test]
    fn quoted_local_parts_lose_their_quotes() {
        assert_eq!(
            parse_list(br#""a \"b\" c"@example.test, <"x y".z@example.test>"#),
            [mailbox(None, "a \"b\" c", "example.test"), mailbox(None, "x y.z", "example.test")]
        );
    }

    #[test]
    fn a_source_route_is_kept_apart() {
        assert_eq!(
            parse_list(b"Joe <@a.test,@b.test:joe@c.test>"),
            [Address::Mailbox {
                name: Some(b"Joe".as_slice().into()),
                route: Some(b"@a.test,@b.test".as_slice().into()),
                local: b"joe".as_slice().into(),
                domain: b"c.test".as_slice().into(),
            }]
        );
    }

    #[test]
    fn dots_in_names_and_literals_as_domains_are_read() {
        assert_eq!(
            parse_list(b"John Q. Public <jqp@[ 192.0.2.1 ]>"),
            [mailbox(Some("John Q. Public"), "jqp", "[192.0.2.1]")]
        );
    }

    #[test]
    fn null_members_vanish_and_a_missing_domain_is_empty() {
        assert_eq!(
            parse_list(b",, root ,, <>, x@y,"),
            [mailbox(None, "root", ""), mailbox(None, "", ""), mailbox(None, "x", "y")]
        );
        assert_eq!(parse_list(b"  "), []);
    }

    #[test]
    fn what_breaks_the_grammar_costs_only_its_own_member() {
        assert_eq!(
            parse_list(b"a@b c@d, ) > e@f, <g@h, i@j")
                .iter()
                .filter(|address| matches!(address, Address::Mailbox { .. }))
                .count(),
            4
        );
    }

    proptest! {
        #[test]
        fn any_value_gives_balanced_groups(value in "[a-b@<>:;,.()\"\\\\ \\[\\]\u{e4}]{0,60}") {
            let mut depth = 0_i32;
            for address in parse_list(value.as_bytes()) {
                match address {
                    Address::GroupStart(_) => depth += 1,
                    Address::GroupEnd => depth -= 1,
                    Address::Mailbox { .. } => {}
                }
                prop_assert!((0..=1).contains(&depth));
            }
            prop_assert_eq!(depth, 0);
        }
    }
}
