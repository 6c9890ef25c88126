//! Octets as text for people: controls and 8-bit octets as escapes, long ones shortened.

use std::fmt::Write;

/// Octets shown of a long value: so many at its head, and so many at its tail.
const HEAD: usize = 120;
const TAIL: usize = 24;

/// Octets between double quotes; what is no printable ASCII as `\r`, `\n`, `\t`, `\xHH`.
#[must_use]
pub fn quote(octets: &[u8]) -> String {
    let mut out = String::from('"');
    if octets.len() > HEAD + TAIL + 16 {
        escape_into(&mut out, octets.get(..HEAD).unwrap_or_default());
        let _ = write!(out, "\" … {} octets … \"", octets.len() - HEAD - TAIL);
        escape_into(&mut out, octets.get(octets.len() - TAIL..).unwrap_or_default());
    } else {
        escape_into(&mut out, octets);
    }
    out.push('"');
    out
}

/// As [`quote`], with nothing left out: for what is compared, not shown.
#[must_use]
pub fn quote_whole(octets: &[u8]) -> String {
    let mut out = String::from('"');
    escape_into(&mut out, octets);
    out.push('"');
    out
}

fn escape_into(out: &mut String, octets: &[u8]) {
    for &octet in octets {
        match octet {
            b'\r' => out.push_str("\\r"),
            b'\n' => out.push_str("\\n"),
            b'\t' => out.push_str("\\t"),
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b' '..=b'~' => out.push(char::from(octet)),
            _ => {
                let _ = write!(out, "\\x{octet:02X}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_and_8_bit_octets_are_escaped() {
        assert_eq!(quote(b"a\"\\\r\n\t\0\xff"), r#""a\"\\\r\n\t\x00\xFF""#);
    }

    #[test]
    fn a_long_value_is_shortened_and_says_by_how_much() {
        let text = quote(&[b'x'; 1000]);
        assert!(text.len() < 200 && text.contains("856 octets"), "{text}");
    }
}
