//! Text fit for people, terminals and XML: bounded, and without what a server could hide in it.

use std::borrow::Cow;
use std::fmt::Write;

/// What a report quotes of one value, in characters; the whole is in the transcript.
pub const QUOTE: usize = 2_000;

/// At most `limit` characters, with a remark how much was left out.
#[must_use]
pub fn bounded(text: &str, limit: usize) -> Cow<'_, str> {
    match text.char_indices().nth(limit) {
        None => Cow::Borrowed(text),
        Some((cut, _)) => {
            let (head, tail) = text.split_at(cut);
            Cow::Owned(format!("{head}… ({} characters more)", tail.chars().count()))
        }
    }
}

/// One line that a terminal shows as it stands: controls as escapes, a tab as one space.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unprintable) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\t' => out.push(' '),
            '\r' => out.push_str("\\r"),
            '\n' => out.push_str("\\n"),
            hidden if is_unprintable(hidden) => push_escape(&mut out, hidden),
            plain => out.push(plain),
        }
    }
    Cow::Owned(out)
}

/// Controls, and the marks that turn a line's direction around or hide parts of it.
fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Text that XML 1.0 can carry and that reads back the same: what it cannot
/// carry is written as `\xHH` or `\u{HHHH}`, a carriage return too, since
/// every XML reader turns it into a line feed.
#[must_use]
pub fn xml(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_xml) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_xml(character) {
            out.push(character);
        } else {
            push_escape(&mut out, character);
        }
    }
    Cow::Owned(out)
}

/// Text fit for the inside of a CDATA section, whose own end it must not contain.
#[must_use]
pub fn cdata(text: &str) -> String {
    xml(text).replace("]]>", "]]]]><![CDATA[>")
}

/// `Char` of XML 1.0 (fifth edition, section 2.2), without the carriage return.
fn is_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

fn push_escape(out: &mut String, character: char) {
    let code = u32::from(character);
    // Writing to a String cannot fail.
    let _ = if code < 0x100 { write!(out, "\\x{code:02X}") } else { write!(out, "\\u{{{code:04X}}}") };
}

/// A duration as people read it: `4 ms`, `1.25 s`.
#[must_use]
pub fn duration(time: std::time::Duration) -> String {
    match time.as_millis() {
        0..1000 => format!("{} ms", time.as_millis()),
        _ => format!("{:.2} s", time.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_text_stays_and_long_text_says_what_is_missing() {
        assert_eq!(bounded("abc", 3), "abc");
        assert_eq!(bounded("äöüß", 2), "äö… (2 characters more)");
        assert_eq!(bounded("", 0), "");
    }

    #[test]
    fn a_terminal_never_sees_a_control() {
        assert_eq!(printable("a\x1b[31m\tb\r\n\0"), "a\\x1B[31m b\\r\\n\\x00");
        assert_eq!(printable("x\u{202E}y"), "x\\u{202E}y");
        assert!(matches!(printable("plain é ✓"), Cow::Borrowed(_)));
    }

    #[test]
    fn xml_carries_every_octet() {
        let all: String = (0..=255u8).map(char::from).collect();
        let fit = xml(&all);
        assert!(fit.chars().all(is_xml));
        assert!(fit.starts_with("\\x00\\x01"));
        assert!(fit.contains("\t\n\\x0B\\x0C\\x0D"));
        assert!(fit.ends_with("þÿ"));
        assert_eq!(xml("\u{FFFE}\u{FFFF}"), "\\u{FFFE}\\u{FFFF}");
    }

    #[test]
    fn a_cdata_section_cannot_be_closed_from_within() {
        assert_eq!(cdata("a]]>b"), "a]]]]><![CDATA[>b");
    }

    #[test]
    fn durations_read_well() {
        assert_eq!(duration(std::time::Duration::from_micros(400)), "0 ms");
        assert_eq!(duration(std::time::Duration::from_millis(999)), "999 ms");
        assert_eq!(duration(std::time::Duration::from_millis(1254)), "1.25 s");
    }
}
