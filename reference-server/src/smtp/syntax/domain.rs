//! Domains and address literals (RFC 5321, sections 4.1.2 and 4.1.3).

use std::net::Ipv6Addr;

use super::{Parsed, SyntaxError};

/// Longest domain (RFC 5321, section 4.5.3.1.2).
const DOMAIN_OCTETS: usize = 255;

/// `Domain / address-literal`, as it was written; a literal keeps its brackets.
pub(in crate::smtp) fn host(input: &str) -> Parsed<'_, &str> {
    let (host, rest) = if input.starts_with('[') { address_literal(input) } else { domain(input) }?;
    if host.len() > DOMAIN_OCTETS {
        return Err(SyntaxError("the domain is too long"));
    }
    Ok((host, rest))
}

/// `Domain = sub-domain *("." sub-domain)`, with `sub-domain =/ U-label` (RFC 6531, section 3.3);
/// where only ASCII may stand is the callers' affair.
pub(super) fn domain(input: &str) -> Parsed<'_, &str> {
    let end = input.find(|c: char| c.is_ascii() && !is_ldh(c) && c != '.').unwrap_or(input.len());
    let (name, rest) = input.split_at(end);
    if !name.split('.').all(is_sub_domain) {
        return Err(SyntaxError("a domain name is needed: letters, digits and hyphens between dots"));
    }
    if !name.is_ascii() && idna::domain_to_ascii_strict(name).is_err() {
        return Err(SyntaxError("the domain name is no internationalized domain name"));
    }
    Ok((name, rest))
}

fn is_ldh(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}

/// `sub-domain = Let-dig [Ldh-str]`: it neither begins nor ends with a hyphen.
fn is_sub_domain(label: &str) -> bool {
    !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
}

/// `"[" ( IPv4-address-literal / IPv6-address-literal / General-address-literal ) "]"`
fn address_literal(input: &str) -> Parsed<'_, &str> {
    let error = SyntaxError("an address literal is malformed");
    let end = input.find(']').ok_or(error)?;
    let (literal, rest) = input.split_at_checked(end + 1).ok_or(error)?;
    let inside = literal.get(1..end).ok_or(error)?;
    let valid = match inside.split_once(':') {
        None => is_ipv4(inside),
        Some((tag, address)) if tag.eq_ignore_ascii_case("IPv6") => address.parse::<Ipv6Addr>().is_ok(),
        Some((tag, content)) => is_sub_domain(tag) && tag.chars().all(is_ldh) && is_dcontent(content),
    };
    if valid { Ok((literal, rest)) } else { Err(error) }
}

/// `Snum 3("." Snum)` with `Snum = 1*3DIGIT` up to 255; leading zeros are allowed.
fn is_ipv4(text: &str) -> bool {
    let is_snum = |part: &str| {
        (1..=3).contains(&part.len())
            && part.bytes().all(|octet| octet.is_ascii_digit())
            && part.parse::<u16>().is_ok_and(|number| number <= 255)
    };
    text.split('.').count() == 4 && text.split('.').all(is_snum)
}

/// `1*dcontent`: printable, without brackets and backslash.
fn is_dcontent(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '[' | '\\' | ']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_end_where_their_letters_do() {
        assert_eq!(host("mail.example.test> x"), Ok(("mail.example.test", "> x")));
        assert_eq!(host("x-1"), Ok(("x-1", "")));
    }

    #[test]
    fn a_domain_of_255_octets_is_taken_and_a_longer_one_is_not() {
        let longest = vec!["x".repeat(63); 4].join(".");
        assert_eq!(longest.len(), 255);
        assert_eq!(host(&longest), Ok((longest.as_str(), "")));
        assert!(host(&format!("{longest}x")).is_err());
    }

    #[test]
    fn malformed_domains_are_refused() {
        for bad in ["", ".", "a..b", ".a", "a.", "-a.b", "a-.b", "_a"] {
            assert!(host(bad).is_err(), "{bad:?}");
        }
        assert_eq!(host("a_b"), Ok(("a", "_b")));
    }

    #[test]
    fn address_literals() {
        for good in ["[123.255.37.2]", "[127.000.000.001]", "[IPv6:::1]", "[ipv6:2001:db8::1]", "[tag:x]"] {
            assert_eq!(host(good), Ok((good, "")));
        }
        for bad in ["[", "[]", "[1.2.3]", "[1.2.3.256]", "[IPv6:1]", "[tag:]", "[::1]", "[1.2.3.4"] {
            assert!(host(bad).is_err(), "{bad:?}");
        }
    }
}
