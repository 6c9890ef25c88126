//! The collation i;unicode-casemap (RFC 5051): by which SEARCH, SORT and THREAD compare texts
//! (RFC 5255, section 4.2; RFC 5256, section 7). It knows no language: Ä is an A with something
//! behind it, and case makes no difference.

use unicode_normalization::char::decompose_compatible;

/// A text as it is ordered: first those that are text, then the octets of what is none
/// (RFC 5255, section 4.6).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Collated {
    /// The mapped text; its octets are compared (i;octet).
    Mapped(String),
    /// What is no UTF-8, by its octets.
    Octets(Vec<u8>),
}

impl Collated {
    /// The key of a decoded text.
    pub fn of(text: &[u8]) -> Self {
        match std::str::from_utf8(text) {
            Ok(text) => Self::Mapped(casemap(text)),
            Err(_) => Self::Octets(text.to_vec()),
        }
    }

    /// How many octets are compared.
    pub fn octets(&self) -> usize {
        match self {
            Self::Mapped(text) => text.len(),
            Self::Octets(octets) => octets.len(),
        }
    }

    /// Whether nothing is there to compare.
    pub fn is_empty(&self) -> bool {
        self.octets() == 0
    }
}

/// Every character in title case, and then decomposed as far as it goes.
pub fn casemap(text: &str) -> String {
    let mut mapped = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii() {
            mapped.push(character.to_ascii_uppercase());
            continue;
        }
        let title = title_case(character);
        // Syllables of Hangul have no decomposition in the database, only by computation.
        if matches!(title, '\u{ac00}'..='\u{d7a3}') {
            mapped.push(title);
        } else {
            decompose_compatible(title, |part| mapped.push(part));
        }
    }
    mapped
}

/// A text that is looked for in others, by the collation: as a part of them, case aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needle {
    mapped: String,
    /// The text as it was given, for what can not be mapped.
    octets: Vec<u8>,
    /// Where in the mapped text an octet stands that few texts have, if all of it is ASCII.
    rare: Option<usize>,
}

impl Needle {
    /// Of this text.
    pub fn new(text: &[u8]) -> Self {
        let mapped = casemap(&String::from_utf8_lossy(text));
        let places = mapped.bytes().enumerate().min_by_key(|&(_, octet)| commonness(octet));
        let rare = places.map(|(place, _)| place).filter(|_| mapped.is_ascii());
        Self { mapped, octets: text.to_vec(), rare }
    }

    /// The text as it is compared.
    pub fn mapped(&self) -> &str {
        &self.mapped
    }

    /// The text as it was given.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.mapped.is_empty()
    }

    /// Whether the text holds it; every text holds nothing.
    pub fn is_in(&self, text: &str) -> bool {
        if !text.is_ascii() {
            return casemap(text).contains(&self.mapped);
        }
        // ASCII is mapped to capitals, one for one: nothing need be copied for that.
        match self.rare {
            Some(place) => self.is_in_ascii(text.as_bytes(), place),
            None => self.mapped.is_empty(),
        }
    }

    /// Whether it is in what can not be compared as text, octet for octet (RFC 5255, section 4.6).
    pub fn is_in_octets(&self, octets: &[u8]) -> bool {
        memchr::memmem::find(octets, &self.octets).is_some()
    }

    fn is_in_ascii(&self, text: &[u8], place: usize) -> bool {
        let mapped = self.mapped.as_bytes();
        let Some(&rare) = mapped.get(place) else { return false };
        let mut hits = memchr::memchr2_iter(rare, rare.to_ascii_lowercase(), text);
        hits.any(|hit| {
            let start = hit.checked_sub(place);
            let here = start.and_then(|start| text.get(start..start.saturating_add(mapped.len())));
            here.is_some_and(|here| here.eq_ignore_ascii_case(mapped))
        })
    }
}

/// How often an octet stands in mail, more or less, capitals for both cases.
fn commonness(octet: u8) -> u8 {
    match octet {
        b' ' => 9,
        b'E' | b'T' | b'A' | b'O' | b'I' | b'N' | b'S' | b'R' => 8,
        b'H' | b'L' | b'D' | b'C' | b'U' | b'M' => 7,
        b'\r' | b'\n' | b'=' | b'-' | b'.' | b':' | b'0'..=b'9' => 6,
        b'P' | b'F' | b'G' | b'W' | b'Y' | b'B' => 5,
        _ => 4,
    }
}

/// The simple mapping of the Unicode database: one character for one. It is that to upper case,
/// except where a character has a form of its own for titles.
fn title_case(character: char) -> char {
    match character {
        '\u{1c4}'..='\u{1c6}' => '\u{1c5}',
        '\u{1c7}'..='\u{1c9}' => '\u{1c8}',
        '\u{1ca}'..='\u{1cc}' => '\u{1cb}',
        '\u{1f1}'..='\u{1f3}' => '\u{1f2}',
        // Georgian is not written with capitals at the beginning of words.
        '\u{10d0}'..='\u{10fa}' | '\u{10fd}'..='\u{10ff}' => character,
        // Greek with an iota below: capitals for titles keep it.
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => moved(character, 8),
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => moved(character, 9),
        _ => {
            let mut upper = character.to_uppercase();
            match (upper.next(), upper.next()) {
                (Some(only), None) => only,
                _ => character,
            }
        }
    }
}

fn moved(character: char, by: u32) -> char {
    char::from_u32(u32::from(character).saturating_add(by)).unwrap_or(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_makes_no_difference() {
        for (one, other) in [("abc", "ABC"), ("käse", "KÄSE"), ("жук", "ЖУК"), ("ǆ", "ǅ"), ("ᾳ", "ᾼ")]
        {
            assert_eq!(casemap(one), casemap(other), "{one}");
        }
        assert_ne!(casemap("straße"), casemap("strasse"), "one character stays one");
    }

    #[test]
    fn the_example_of_rfc_5051_comes_out() {
        // Section 2, step 2: DZ with caron, by its title case to D, z and the caron.
        assert_eq!(casemap("\u{1c4}"), "Dz\u{30c}");
        assert_eq!(casemap("\u{1c6}"), "Dz\u{30c}");
        // Marks that stand in another order than the canonical one stay so.
        assert_eq!(casemap("a\u{301}\u{323}"), "A\u{301}\u{323}");
        // Each property of one character only: that of the long s is S, that of eszett is none.
        assert_eq!(casemap("\u{17f}\u{df}"), "S\u{df}");
        // Compatible forms are taken apart after the title case, and the parts are not mapped again.
        assert_eq!(casemap("\u{2460}\u{ff41}"), "1A");
        assert_eq!(casemap("\u{33a5}"), "m3");
    }

    #[test]
    fn characters_are_taken_apart() {
        assert_eq!(casemap("ä"), "A\u{308}");
        assert_eq!(casemap("a\u{308}"), "A\u{308}");
        assert_eq!(
            casemap("ﬁ"),
            "FI".to_lowercase(),
            "a ligature has no title case, and is taken apart last"
        );
        assert_eq!(casemap("\u{ac00}"), "\u{ac00}");
    }

    proptest::proptest! {
        #[test]
        fn a_needle_is_where_the_mapped_text_has_it(text in "[aAbBzß ä=]{0,12}", needle in "[aAbBzßÄ =]{0,3}") {
            let wanted = casemap(&text).contains(&casemap(&needle));
            proptest::prop_assert_eq!(Needle::new(needle.as_bytes()).is_in(&text), wanted);
        }
    }

    #[test]
    fn what_is_no_text_comes_last() {
        let mut keys = [&b"\xff"[..], b"b", b"\xd0\x90", b"A", b"", b"\xfe"].map(Collated::of);
        keys.sort();
        assert_eq!(keys, [&b""[..], b"A", b"b", b"\xd0\x90", b"\xfe", b"\xff"].map(Collated::of));
    }

    #[test]
    fn the_example_of_rfc_5255_comes_out() {
        // Its strings in the order of its section 4.6: (4) (2) (3) (1). Its second string is said
        // to be no UTF-8 in one place and collated in another; here the first is broken.
        let four = "Алексей".as_bytes();
        let two = "сЕРГЕЙ".as_bytes();
        let three = b"\xd0\x92\xd0\xb0\xd1\x81\xd0\xb8\xd0\xbb\xd0\xb8\xff\xb9";
        let one = b"\xd0\xc0\xd0\xbd\xd0\xb4\xd1\x80\xd0\xb5\xd0\xb9";
        let mut keys = [one.as_slice(), two, three, four].map(Collated::of);
        keys.sort();
        assert_eq!(keys, [four, two, three.as_slice(), one].map(Collated::of));
    }
}
