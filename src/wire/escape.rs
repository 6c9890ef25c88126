//! Octets as people read them: controls and 8-bit octets as `\xHH`.

use std::fmt::Write as _;

/// Every octet that is not printable ASCII escaped; CR, LF and TAB by their letters.
///
/// A backslash stays as it is, so that `\Seen` reads as it was sent.
#[must_use]
pub fn escape(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    for octet in octets {
        match octet {
            b'\r' => text.push_str("\\r"),
            b'\n' => text.push_str("\\n"),
            b'\t' => text.push_str("\\t"),
            0x20..=0x7e => text.push(char::from(*octet)),
            other => {
                let _ = write!(text, "\\x{other:02X}");
            }
        }
    }
    text
}

/// A line without its CRLF, escaped; any other line end shows.
#[must_use]
pub fn escape_line(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\r\n").unwrap_or(line);
    let mut text = String::with_capacity(line.len());
    for octet in line {
        match octet {
            0x20..=0x7e => text.push(char::from(*octet)),
            other => {
                let _ = write!(text, "\\x{other:02X}");
            }
        }
    }
    text
}

/// At most `limit` characters of a text, with what was left out said in its middle.
#[must_use]
pub fn shorten(text: &str, limit: usize) -> String {
    let count = text.chars().count();
    if count <= limit {
        return text.to_owned();
    }
    let head: String = text.chars().take(limit / 2).collect();
    let tail: String = text.chars().skip(count - limit / 4).collect();
    let left_out = count - limit / 2 - limit / 4;
    format!("{head} [… {left_out} characters …] {tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_printable_ascii_stays_as_it_is() {
        assert_eq!(escape(b"a\\\t\r\n\0\xff"), "a\\\\t\\r\\n\\x00\\xFF");
        assert_eq!(escape_line(b"+OK \x01\r\n"), "+OK \\x01");
        assert_eq!(escape_line(b"+OK\n"), "+OK\\x0A");
    }

    #[test]
    fn a_long_text_keeps_its_ends() {
        let text = format!("{}{}", "a".repeat(100), "b".repeat(100));
        let short = shorten(&text, 40);
        assert!(short.starts_with(&"a".repeat(20)) && short.ends_with("bbbbbbbbbb"), "{short}");
        assert!(short.contains("170 characters"), "{short}");
    }
}
