//! Modified UTF-7, in which mailbox names travel (RFC 3501, section 5.1.3).
//!
//! Decoding is strict: of the many ways to write one name only the prescribed one is taken, so
//! that decoding and encoding undo each other and a name keeps its exact form.

use base64::Engine;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &IMAP_MUTF7,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// The name that `wire` stands for, or `None` where it is not written as prescribed: 8-bit octets
/// or controls outside of a shift, a shift without end, a superfluous shift, a character in a
/// shift that could stand for itself.
pub(crate) fn decode(wire: &[u8]) -> Option<String> {
    let mut name = String::with_capacity(wire.len());
    let mut rest = wire;
    // Whether the last thing read was a shift that wrote characters: another one directly behind
    // it would be superfluous.
    let mut after_shift = false;
    while let Some((&octet, tail)) = rest.split_first() {
        if octet != b'&' {
            if !matches!(octet, 0x20..=0x7e) {
                return None;
            }
            name.push(char::from(octet));
            rest = tail;
            after_shift = false;
            continue;
        }
        let end = tail.iter().position(|&octet| octet == b'-')?;
        let (shifted, behind) = (tail.get(..end)?, tail.get(end..)?.get(1..)?);
        if shifted.is_empty() {
            name.push('&');
            after_shift = false;
        } else if after_shift {
            return None;
        } else {
            name.push_str(&shifted_text(shifted)?);
            after_shift = true;
        }
        rest = behind;
    }
    Some(name)
}

fn shifted_text(shifted: &[u8]) -> Option<String> {
    let octets = BASE64.decode(shifted).ok()?;
    let (pairs, odd) = octets.as_chunks::<2>();
    if !odd.is_empty() {
        return None;
    }
    let units = pairs.iter().map(|&pair| u16::from_be_bytes(pair));
    let text = char::decode_utf16(units).collect::<Result<String, _>>().ok()?;
    text.chars().all(needs_shift).then_some(text)
}

fn needs_shift(character: char) -> bool {
    !matches!(character, ' '..='~')
}

/// How `name` is written on the wire.
pub(crate) fn encode(name: &str) -> String {
    let mut wire = String::with_capacity(name.len());
    let mut shifted: Vec<u8> = Vec::new();
    for character in name.chars() {
        if needs_shift(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                shifted.extend_from_slice(&unit.to_be_bytes());
            }
            continue;
        }
        end_shift(&mut wire, &mut shifted);
        match character {
            '&' => wire.push_str("&-"),
            plain => wire.push(plain),
        }
    }
    end_shift(&mut wire, &mut shifted);
    wire
}

fn end_shift(wire: &mut String, shifted: &mut Vec<u8>) {
    if !shifted.is_empty() {
        wire.push('&');
        wire.push_str(&BASE64.encode(&*shifted));
        wire.push('-');
        shifted.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_the_rfc_shows() {
        assert_eq!(
            encode("~peter/mail/\u{53f0}\u{5317}/\u{65e5}\u{672c}\u{8a9e}"),
            "~peter/mail/&U,BTFw-/&ZeVnLIqe-"
        );
        assert_eq!(
            decode(b"~peter/mail/&U,BTFw-/&ZeVnLIqe-").unwrap(),
            "~peter/mail/\u{53f0}\u{5317}/\u{65e5}\u{672c}\u{8a9e}"
        );
        assert_eq!(encode("a&b"), "a&-b");
        assert_eq!(decode(b"a&-b").unwrap(), "a&b");
        assert_eq!(decode(b"&2D3eAA-").unwrap(), "\u{1f600}");
    }

    #[test]
    fn other_ways_to_write_a_name_are_refused() {
        let wrong: [&[u8]; 9] = [
            b"&Jjo!",
            b"&U,BTFw-&ZeVnLIqe-",
            b"&AGE-",
            b"&",
            b"a&b",
            b"caf\xc3\xa9",
            b"&2D0-",
            b"&U-",
            b"a\x01",
        ];
        for wire in wrong {
            assert_eq!(decode(wire), None, "{}", wire.escape_ascii());
        }
    }

    proptest::proptest! {
        #[test]
        fn every_name_comes_back(name in "\\PC*") {
            let wire = encode(&name);
            proptest::prop_assert!(wire.bytes().all(|octet| matches!(octet, 0x20..=0x7e)));
            proptest::prop_assert_eq!(decode(wire.as_bytes()), Some(name));
        }

        #[test]
        fn what_decodes_is_written_the_same_way_again(wire in proptest::collection::vec(0u8..=255, 0..40)) {
            if let Some(name) = decode(&wire) {
                proptest::prop_assert_eq!(encode(&name).into_bytes(), wire);
            }
        }
    }
}
