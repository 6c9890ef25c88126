//! ORCPT, the original recipient of a message as its sender named it: `addr-type ";" xtext` (RFC 3461,
//! section 4.2), and for the type `utf-8` the forms of RFC 6533, section 3. Pure: kept as it was given,
//! written anew for a next server and for reports.

use std::fmt::Write as _;

use super::envelope::xtext;

/// Which characters can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writing {
    /// ASCII alone.
    Ascii,
    /// UTF-8 too.
    Utf8,
}

/// Is this the value of an ORCPT parameter? An address of type `utf-8` may be in UTF-8; whether it is well
/// formed as an address does not matter (section 3: then it is copied as it is).
pub(crate) fn is_original(value: &str) -> bool {
    value.split_once(';').is_some_and(|(kind, address)| {
        let atom = kind.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
        let ascii: String = address.chars().filter(char::is_ascii).collect();
        let fits = address.is_ascii() || (is_utf8(kind) && address.chars().all(|c| !c.is_control()));
        !kind.is_empty()
            && atom
            && !address.is_empty()
            && fits
            && (ascii.is_empty() || xtext(&ascii).is_some())
    })
}

fn is_utf8(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("utf-8")
}

/// The value as a next server is told it: in UTF-8 where it takes that, else with
/// `EmbeddedUnicodeChar` in its place (RFC 6533, section 3).
pub(crate) fn for_server(value: &str, writing: Writing) -> String {
    let Some((kind, address)) = value.split_once(';').filter(|(kind, _)| is_utf8(kind)) else {
        return value.to_owned();
    };
    match (writing, decoded(address)) {
        (Writing::Utf8, Some(plain)) => format!("{kind};{}", embedded(&plain, needs_embedding)),
        (Writing::Utf8, None) => value.to_owned(),
        (Writing::Ascii, _) => format!("{kind};{}", embedded(address, |c| !c.is_ascii())),
    }
}

/// The value of an `Original-Recipient` field, with its type: in UTF-8, or in the form that is ASCII.
pub(crate) fn for_report(value: &str, writing: Writing) -> Option<String> {
    let (kind, address) = value.split_once(';')?;
    if !is_utf8(kind) {
        return Some(format!("{kind}; {}", xtext(address)?));
    }
    let plain = decoded(address).filter(|plain| !plain.chars().any(char::is_control));
    Some(match (writing, plain) {
        (Writing::Utf8, Some(plain)) => format!("{kind}; {plain}"),
        // What is none of the forms is copied without alteration.
        (Writing::Utf8, None) => format!("{kind}; {address}"),
        (Writing::Ascii, _) => format!("{kind}; {}", embedded(address, |c| !c.is_ascii())),
    })
}

/// `CTLs, SP, '\', '+' and '='` do not stand for themselves.
fn needs_embedding(c: char) -> bool {
    c.is_ascii_control() || matches!(c, ' ' | '\\' | '+' | '=')
}

/// These characters as `EmbeddedUnicodeChar`.
fn embedded(text: &str, which: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if which(c) {
            // Writing to a String does not fail.
            let _ = write!(out, "\\x{{{:02X}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// What `utf-8-addr-xtext` or `utf-8-addr-unitext` stands for; `None` where it is neither.
fn decoded(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c == '\\' {
            let (point, behind) = rest.strip_prefix("\\x{")?.split_once('}')?;
            out.push(hexpoint(point)?);
            rest = behind;
            continue;
        }
        if needs_embedding(c) {
            return None;
        }
        out.push(c);
        rest = rest.get(c.len_utf8()..)?;
    }
    Some(out)
}

/// `HEXPOINT`: two to six hexadecimal digits, no more zeros in front than make two of them; an ASCII
/// character only where it could not stand for itself.
fn hexpoint(digits: &str) -> Option<char> {
    let shortest = digits.len() == 2 || !digits.starts_with('0');
    let hexadecimal = digits.bytes().all(|octet| octet.is_ascii_hexdigit());
    if !(2..=6).contains(&digits.len()) || !shortest || !hexadecimal {
        return None;
    }
    let c = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
    (!c.is_ascii() || needs_embedding(c)).then_some(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNITEXT: &str = r"utf-8;\x{432}ася\x{2B}x@example.net";

    #[test]
    fn values_that_are_taken_and_others() {
        for good in
            ["rfc822;a+2Bb@c", "utf-8;a@c", "UTF-8;вася@c", UNITEXT, r"utf-8;\x{zz}", "utf-8;a+2Bb", "x-y;z"]
        {
            assert!(is_original(good), "{good}");
        }
        for bad in [
            "",
            "utf-8",
            "utf-8;",
            ";a@c",
            "rfc822;вася@c",
            "utf-8;в+@c",
            "utf-8;в=@c",
            "ü;a",
            "utf-8;\u{85}",
        ] {
            assert!(!is_original(bad), "{bad}");
        }
    }

    #[test]
    fn a_server_is_told_utf8_or_its_form_in_ascii() {
        assert_eq!(for_server(UNITEXT, Writing::Utf8), r"utf-8;вася\x{2B}x@example.net");
        assert_eq!(
            for_server(UNITEXT, Writing::Ascii),
            r"utf-8;\x{432}\x{430}\x{441}\x{44F}\x{2B}x@example.net"
        );
        for same in ["rfc822;a+2Bb@c", r"utf-8;\x{zz}", "utf-8;a@c"] {
            assert_eq!(for_server(same, Writing::Utf8), same);
            assert_eq!(for_server(same, Writing::Ascii), same);
        }
    }

    #[test]
    fn reports_have_the_address_itself_where_they_can() {
        assert_eq!(for_report(UNITEXT, Writing::Utf8).as_deref(), Some("utf-8; вася+x@example.net"));
        let ascii = r"utf-8; \x{432}\x{430}\x{441}\x{44F}\x{2B}x@example.net";
        assert_eq!(for_report(UNITEXT, Writing::Ascii).as_deref(), Some(ascii));
        assert_eq!(for_report("rfc822;a+2Bb@c", Writing::Ascii).as_deref(), Some("rfc822; a+b@c"));
        // Not of its forms, or of characters that no field can have: copied as it is.
        for same in
            [r"\x{zz}", "a+2Bb", r"a\x{0A}b", r"\x{41}", r"\x{0432}", r"\x{D800}", r"\x{110000}", r"\x{1}"]
        {
            let report = for_report(&format!("utf-8;{same}"), Writing::Utf8);
            assert_eq!(report, Some(format!("utf-8; {same}")));
        }
    }
}
