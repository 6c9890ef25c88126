//! Paths and mailboxes (RFC 5321, section 4.1.2).

use std::fmt;

use super::domain::{domain, host};
use super::{Parsed, SyntaxError};

/// Longest local part: four times what must be taken (RFC 5321, section 4.5.3.1.1), and short
/// enough that a trace field holds an address on one line, all of it quoted.
const LOCAL_OCTETS: usize = 256;

/// An address, with its local part freed from quotes: all ways to quote it are the same
/// address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::smtp) struct Mailbox {
    /// The local part.
    pub(in crate::smtp) local: String,
    /// The domain, or an address literal in its brackets.
    pub(in crate::smtp) domain: String,
}

impl Mailbox {
    /// Can it stand where nobody has asked for SMTPUTF8?
    pub(in crate::smtp) fn is_ascii(&self) -> bool {
        self.local.is_ascii() && self.domain.is_ascii()
    }
}

impl fmt::Display for Mailbox {
    /// With the least quoting.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_dot_string(&self.local) {
            return write!(f, "{}@{}", self.local, self.domain);
        }
        f.write_str("\"")?;
        for c in self.local.chars() {
            if matches!(c, '"' | '\\') {
                f.write_str("\\")?;
            }
            write!(f, "{c}")?;
        }
        write!(f, "\"@{}", self.domain)
    }
}

/// Where failures are to be reported.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::smtp) enum ReversePath {
    /// `<>`: nowhere; the message is itself a report.
    #[default]
    Null,
    /// To this address.
    Mailbox(Mailbox),
}

impl fmt::Display for ReversePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("<>"),
            Self::Mailbox(mailbox) => write!(f, "<{mailbox}>"),
        }
    }
}

/// Where a message is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::smtp) enum ForwardPath {
    /// `<Postmaster>`, in any case, without a domain (RFC 5321, section 4.1.1.3).
    Postmaster,
    /// To this address.
    Mailbox(Mailbox),
}

impl ReversePath {
    /// Can it stand where nobody has asked for SMTPUTF8?
    pub(in crate::smtp) fn is_ascii(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Mailbox(mailbox) => mailbox.is_ascii(),
        }
    }
}

impl ForwardPath {
    /// Can it stand where nobody has asked for SMTPUTF8?
    pub(in crate::smtp) fn is_ascii(&self) -> bool {
        match self {
            Self::Postmaster => true,
            Self::Mailbox(mailbox) => mailbox.is_ascii(),
        }
    }
}

/// `Reverse-path = Path / "<>"`
pub(in crate::smtp) fn reverse_path(input: &str) -> Parsed<'_, ReversePath> {
    if let Some(rest) = input.strip_prefix("<>") {
        return Ok((ReversePath::Null, rest));
    }
    let (mailbox, rest) = path(input)?;
    Ok((ReversePath::Mailbox(mailbox), rest))
}

/// `"<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path`
pub(in crate::smtp) fn forward_path(input: &str) -> Parsed<'_, ForwardPath> {
    if let Some(rest) = super::keyword(input, "<postmaster>") {
        return Ok((ForwardPath::Postmaster, rest));
    }
    let (mailbox, rest) = path(input)?;
    Ok((ForwardPath::Mailbox(mailbox), rest))
}

/// `Path = "<" [ A-d-l ":" ] Mailbox ">"`; the source route is read and ignored.
fn path(input: &str) -> Parsed<'_, Mailbox> {
    let input = input
        .strip_prefix('<')
        .ok_or(SyntaxError("an address in angle brackets is needed, directly after the colon"))?;
    let input = if input.starts_with('@') { source_route(input)? } else { input };
    let (mailbox, rest) = mailbox(input)?;
    let rest = rest.strip_prefix('>').ok_or(SyntaxError("the address is malformed, or its > is missing"))?;
    Ok((mailbox, rest))
}

/// `A-d-l ":"` with `A-d-l = At-domain *( "," At-domain )`; gives the rest.
fn source_route(input: &str) -> Result<&str, SyntaxError> {
    let error = SyntaxError("the source route is malformed");
    let mut input = input;
    loop {
        let (_, rest) = domain(input.strip_prefix('@').ok_or(error)?)?;
        if let Some(rest) = rest.strip_prefix(':') {
            return Ok(rest);
        }
        input = rest.strip_prefix(',').ok_or(error)?;
    }
}

/// `Mailbox = Local-part "@" ( Domain / address-literal )`
pub(in crate::smtp) fn mailbox(input: &str) -> Parsed<'_, Mailbox> {
    let (local, rest) = local_part(input)?;
    if local.len() > LOCAL_OCTETS {
        return Err(SyntaxError("the local part of the address is too long"));
    }
    let rest = rest.strip_prefix('@').ok_or(SyntaxError("the address has no @ after its local part"))?;
    let (domain, rest) = host(rest)?;
    Ok((Mailbox { local, domain: domain.to_owned() }, rest))
}

/// `Local-part = Dot-string / Quoted-string`, freed from quotes.
fn local_part(input: &str) -> Parsed<'_, String> {
    if let Some(quoted) = input.strip_prefix('"') {
        return quoted_string(quoted);
    }
    let end = input.find(|c| !is_atext(c) && c != '.').unwrap_or(input.len());
    let (local, rest) = input.split_at(end);
    if is_dot_string(local) {
        Ok((local.to_owned(), rest))
    } else {
        Err(SyntaxError("the local part of the address is malformed"))
    }
}

/// The rest of a `Quoted-string` after its first quote.
fn quoted_string(input: &str) -> Parsed<'_, String> {
    let mut text = String::new();
    let mut characters = input.char_indices();
    while let Some((place, c)) = characters.next() {
        match c {
            '"' => return Ok((text, input.get(place + 1..).unwrap_or_default())),
            '\\' => match characters.next() {
                Some((_, quoted)) => text.push(quoted),
                None => break,
            },
            other => text.push(other),
        }
    }
    Err(SyntaxError("a quoted string has no end"))
}

/// `Dot-string = Atom *("." Atom)`
fn is_dot_string(text: &str) -> bool {
    text.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}

/// `atext` of RFC 5322, section 3.2.3, with `atext =/ UTF8-non-ascii` (RFC 6531, section 3.3).
fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || !c.is_ascii() || "!#$%&'*+-/=?^_`{|}~".contains(c)
}

/// What VRFY is asked: a user name alone, or an address, with or without angle brackets.
/// The domain is `None` where none was given.
pub(in crate::smtp) fn user_name(input: &str) -> Result<(String, Option<String>), SyntaxError> {
    let inside = input.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or(input);
    let (local, rest) = local_part(inside)?;
    if rest.is_empty() {
        return Ok((local, None));
    }
    match mailbox(inside)? {
        (mailbox, "") => Ok((mailbox.local, Some(mailbox.domain))),
        _ => Err(SyntaxError("a user name or an address is needed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forward(input: &str) -> String {
        match forward_path(input) {
            Ok((ForwardPath::Mailbox(mailbox), rest)) => format!("{mailbox}|{rest}"),
            Ok((ForwardPath::Postmaster, rest)) => format!("postmaster|{rest}"),
            Err(_) => "refused".to_owned(),
        }
    }

    #[test]
    fn addresses() {
        assert_eq!(forward("<a.b+c@example.test> X=1"), "a.b+c@example.test| X=1");
        assert_eq!(forward("<a@[127.0.0.1]>"), "a@[127.0.0.1]|");
        assert_eq!(forward("<pOsTmaster>"), "postmaster|");
    }

    #[test]
    fn source_routes_are_read_and_ignored() {
        assert_eq!(forward("<@one.test,@two.test:a@b.test>"), "a@b.test|");
        assert_eq!(forward("<@one.test:>"), "refused");
        assert_eq!(forward("<@one.test a@b>"), "refused");
    }

    #[test]
    fn all_quoted_forms_are_one_address() {
        for quoted in ["<alice@x.test>", "<\"alice\"@x.test>", "<\"a\\lice\"@x.test>"] {
            assert_eq!(forward(quoted), "alice@x.test|");
        }
        assert_eq!(forward(r#"<"Joe\,Smith"@x.test>"#), r#""Joe,Smith"@x.test|"#);
        assert_eq!(forward(r#"<"a\"b c@d"@x.test>"#), r#""a\"b c@d"@x.test|"#);
    }

    #[test]
    fn malformed_paths_are_refused() {
        let all = [
            "", "a@b", " <a@b>", "<a@b", "<a>", "<a b@c>", "<a..b@c>", "<.a@c>", "<a@>", "<@>", "<>",
            "<\"a@b>", "<a@b c>", "<a@-b>", "<\"\\",
        ];
        for bad in all {
            assert_eq!(forward(bad), "refused", "{bad:?}");
        }
    }

    #[test]
    fn long_local_parts_are_taken_up_to_the_limit() {
        for (octets, wanted) in [(64, true), (256, true), (257, false)] {
            let path = format!("<{}@x.test>", "a".repeat(octets));
            assert_eq!(reverse_path(&path).is_ok(), wanted, "{octets}");
        }
    }

    #[test]
    fn the_null_reverse_path() {
        assert_eq!(reverse_path("<> SIZE=1"), Ok((ReversePath::Null, " SIZE=1")));
    }

    #[test]
    fn addresses_beyond_ascii() {
        assert_eq!(forward("<pelé@example.com>"), "pelé@example.com|");
        assert_eq!(forward("<δοκιμή@παράδειγμα.δοκιμή>"), "δοκιμή@παράδειγμα.δοκιμή|");
        assert_eq!(forward("<\"a я\"@x.test>"), "\"a я\"@x.test|");
        assert_eq!(forward("<a@x..\u{ad}.test>"), "refused");
        assert_eq!(forward("<a@\u{2028}>"), "refused");
    }

    #[test]
    fn user_names_of_vrfy() {
        assert_eq!(user_name("alice"), Ok(("alice".into(), None)));
        assert_eq!(user_name("<alice@x.test>"), Ok(("alice".into(), Some("x.test".into()))));
        assert!(user_name("alice smith").is_err());
    }
}
