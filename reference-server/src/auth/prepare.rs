//! SASLprep (RFC 4013): names and passwords that look the same, or nearly so, made the same before they
//! are compared or hashed. Stands on the tables of RFC 3454 as the crate `stringprep` has them, whose own
//! function knows stored strings only.

use std::borrow::Cow;

use stringprep::tables;
use unicode_normalization::UnicodeNormalization as _;

/// What becomes of a string (RFC 3454, section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It is compared with what is stored: characters that Unicode 3.2 does not know may stand in it.
    Query,
    /// It is stored, as it is or under a hash: they may not, since a later version of Unicode may say
    /// of them what this one does not.
    Stored,
}

/// Prepares a name or a password; `None` where it has characters that must not be in one, or where
/// nothing is left of it (RFC 4616, section 2: either fails the verification).
pub(crate) fn prepare(text: &str, purpose: Purpose) -> Option<Cow<'_, str>> {
    let prepared = match text.bytes().all(|octet| (b' '..=b'~').contains(&octet)) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(mapped(text)),
    };
    let sound = !prepared.is_empty()
        && !prepared.contains(is_prohibited)
        && keeps_direction(&prepared)
        && (purpose == Purpose::Query || !prepared.contains(tables::unassigned_code_point));
    sound.then_some(prepared)
}

/// Sections 2.1 and 2.2: every other space becomes SPACE, some characters go, the rest in form KC.
fn mapped(text: &str) -> String {
    text.chars()
        .filter(|character| !tables::commonly_mapped_to_nothing(*character))
        .map(|character| if tables::non_ascii_space_character(character) { ' ' } else { character })
        .nfkc()
        .collect()
}

/// Section 2.3.
fn is_prohibited(character: char) -> bool {
    [
        tables::non_ascii_space_character,
        tables::ascii_control_character,
        tables::non_ascii_control_character,
        tables::private_use,
        tables::non_character_code_point,
        tables::surrogate_code,
        tables::inappropriate_for_plain_text,
        tables::inappropriate_for_canonical_representation,
        tables::change_display_properties_or_deprecated,
        tables::tagging_character,
    ]
    .iter()
    .any(|table| table(character))
}

/// Section 2.4 (RFC 3454, section 6): what has a character that runs from right to left begins and ends
/// with one, and has none that runs the other way.
fn keeps_direction(text: &str) -> bool {
    let leftward = tables::bidi_r_or_al;
    !text.contains(leftward)
        || (!text.contains(tables::bidi_l) && text.starts_with(leftward) && text.ends_with(leftward))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_rfc_4013() {
        for purpose in [Purpose::Query, Purpose::Stored] {
            // Section 3.
            for (given, prepared) in [
                ("I\u{ad}X", Some("IX")),
                ("user", Some("user")),
                ("USER", Some("USER")),
                ("\u{aa}", Some("a")),
                ("\u{2168}", Some("IX")),
                ("\u{7}", None),
                ("\u{627}\u{31}", None),
            ] {
                assert_eq!(prepare(given, purpose).as_deref(), prepared, "{given:?} {purpose:?}");
            }
        }
    }

    #[test]
    fn each_section_says_its_part() {
        for (given, prepared) in [
            ("a\u{a0}b\u{3000}c", Some("a b c")),
            ("pa\u{308}ss\u{200b}", Some("p\u{e4}ss")),
            ("\u{627}1\u{628}", Some("\u{627}1\u{628}")),
            ("\u{627}a\u{628}", None),
            ("\u{e000}", None),
            ("\u{fffd}", None),
            ("a\u{200e}", None),
            ("\u{ad}", None),
            ("", None),
        ] {
            assert_eq!(prepare(given, Purpose::Query).as_deref(), prepared, "{given:?}");
        }
    }

    #[test]
    fn what_unicode_3_2_does_not_know_may_be_asked_for_and_not_stored() {
        for unassigned in ["\u{221}", "\u{1f511}"] {
            assert!(prepare(unassigned, Purpose::Query).is_some());
            assert_eq!(prepare(unassigned, Purpose::Stored), None);
        }
    }

    #[test]
    fn a_stored_string_is_prepared_as_the_crate_itself_does() {
        for text in
            ["user", "I\u{ad}X", "\u{2168}", "\u{7}", "\u{627}\u{31}", "p\u{e4}ss", "\u{221}", "a\u{340}b"]
        {
            let theirs = stringprep::saslprep(text).ok();
            assert_eq!(prepare(text, Purpose::Stored), theirs, "{text:?}");
        }
    }
}
