//! `check`: values compared.

use regex::bytes::RegexBuilder;

use crate::run::halt::Halt;
use crate::run::stage::{Departure, Stage, quote};
use crate::script::model::{Check, Operator, Series};

/// The size to which a regular expression of a script may be compiled.
const REGEX_SIZE: usize = 1 << 20;

/// The most numbers that a range may stand for.
const MAX_RANGE: u64 = 1_000_000;

/// Does the step.
pub(super) fn check(stage: &Stage, check: &Check) -> Result<(), Halt> {
    match difference(stage, check)? {
        None => Ok(()),
        Some(departure) => stage.depart(check.law.as_ref(), check.span, departure),
    }
}

/// Compares; what differs, when something does.
pub(super) fn difference(stage: &Stage, check: &Check) -> Result<Option<Departure>, Halt> {
    let value = stage.octets(&check.value)?;
    let operand = stage.octets(&check.operand)?;
    let holds = compare(check.operator, &value, &operand).map_err(|why| {
        let line = stage.place(check.span);
        Halt::Error(format!("{line}: {why}"))
    })?;
    if holds {
        return Ok(None);
    }
    Ok(Some(Departure::answer(
        format!("a value {} {}", in_words(check.operator), quote(&operand)),
        quote(&value),
        format!("the value is {}", quote(&value)),
    )))
}

/// What an operator asks for, between "a value" and the operand.
const fn in_words(operator: Operator) -> &'static str {
    match operator {
        Operator::Equals => "equal to",
        Operator::NotEquals => "other than",
        Operator::Contains => "that contains",
        Operator::NotContains => "that does not contain",
        Operator::StartsWith => "that starts with",
        Operator::EndsWith => "that ends with",
        Operator::Matches => "that matches",
        Operator::GreaterThan => "greater than",
        Operator::LessThan => "less than",
        Operator::AtLeast => "of at least",
        Operator::AtMost => "of at most",
        Operator::SameSet => "of these words in any order:",
        Operator::Are => "whose words are",
    }
}

fn compare(operator: Operator, value: &[u8], operand: &[u8]) -> Result<bool, String> {
    let numbers = || Ok::<_, String>((number(value)?, number(operand)?));
    Ok(match operator {
        Operator::Equals => value == operand,
        Operator::NotEquals => value != operand,
        Operator::Contains => contains(value, operand),
        Operator::NotContains => !contains(value, operand),
        Operator::StartsWith => value.starts_with(operand),
        Operator::EndsWith => value.ends_with(operand),
        Operator::Matches => {
            let text = std::str::from_utf8(operand).map_err(|_| "the expression is not UTF-8".to_owned())?;
            let regex = RegexBuilder::new(text).size_limit(REGEX_SIZE).build();
            regex.map_err(|error| error.to_string())?.is_match(value)
        }
        Operator::GreaterThan => numbers().map(|(value, operand)| value > operand)?,
        Operator::LessThan => numbers().map(|(value, operand)| value < operand)?,
        Operator::AtLeast => numbers().map(|(value, operand)| value >= operand)?,
        Operator::AtMost => numbers().map(|(value, operand)| value <= operand)?,
        Operator::SameSet => sorted(value)? == sorted(operand)?,
        Operator::Are => {
            let series = Series::find(operand).ok_or_else(|| format!("{} is no series", quote(operand)))?;
            are(series, value)?
        }
    })
}

/// The words of a value: what white space, commas and parentheses set apart.
fn words(octets: &[u8]) -> Vec<&[u8]> {
    let apart = |octet: &u8| octet.is_ascii_whitespace() || b",()".contains(octet);
    octets.split(apart).filter(|word| !word.is_empty()).collect()
}

/// The words in one order, `2:4` as `2`, `3` and `4`.
fn sorted(octets: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let mut all: Vec<Vec<u8>> = Vec::new();
    for word in words(octets) {
        match range(word) {
            Some((from, to)) if to - from >= MAX_RANGE => {
                return Err(format!("{} has too many numbers", quote(word)));
            }
            Some((from, to)) => all.extend((from..=to).map(|number| number.to_string().into_bytes())),
            None => all.push(word.to_vec()),
        }
    }
    all.sort();
    Ok(all)
}

/// `2:4`, in either order (RFC 3501, section 9, seq-range).
fn range(word: &[u8]) -> Option<(u64, u64)> {
    let (from, to) = std::str::from_utf8(word).ok()?.split_once(':')?;
    let (from, to): (u64, u64) = (from.parse().ok()?, to.parse().ok()?);
    Some((from.min(to), from.max(to)))
}

fn are(series: Series, value: &[u8]) -> Result<bool, String> {
    let words = words(value);
    let numbers = || words.iter().map(|word| number(word)).collect::<Result<Vec<_>, _>>();
    Ok(match series {
        Series::StrictlyIncreasing => numbers()?.windows(2).all(|pair| pair.first() < pair.last()),
        Series::StrictlyDecreasing => numbers()?.windows(2).all(|pair| pair.first() > pair.last()),
        Series::Distinct => {
            let mut seen = std::collections::BTreeSet::new();
            words.iter().all(|word| seen.insert(*word))
        }
        Series::Equal => words.windows(2).all(|pair| pair.first() == pair.last()),
    })
}

fn contains(value: &[u8], operand: &[u8]) -> bool {
    operand.is_empty() || value.windows(operand.len()).any(|window| window == operand)
}

fn number(octets: &[u8]) -> Result<u128, String> {
    std::str::from_utf8(octets)
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .ok_or_else(|| format!("{} is no number", quote(octets)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operator_holds_and_does_not_hold() {
        let table: [(Operator, &str, &str, &str); 13] = [
            (Operator::Equals, "a", "a", "A"),
            (Operator::NotEquals, "a", "b", "a"),
            (Operator::Contains, "abc", "b", "d"),
            (Operator::NotContains, "abc", "d", "b"),
            (Operator::StartsWith, "abc", "ab", "b"),
            (Operator::EndsWith, "abc", "bc", "b"),
            (Operator::Matches, "abc", "^a.c$", "^b"),
            (Operator::GreaterThan, "10", "9", "10"),
            (Operator::LessThan, "9", "10", "9"),
            (Operator::AtLeast, "9", "9", "10"),
            (Operator::AtMost, "9", "9", "8"),
            (Operator::SameSet, "(5 1:3)", "3,2,1 5", "1 2 3 5 5"),
            (Operator::Are, "1 5 9", "strictly-increasing", "strictly-decreasing"),
        ];
        for (operator, value, good, bad) in table {
            assert_eq!(compare(operator, value.as_bytes(), good.as_bytes()), Ok(true), "{operator:?}");
            assert_eq!(compare(operator, value.as_bytes(), bad.as_bytes()), Ok(false), "{operator:?}");
        }
        assert!(compare(Operator::LessThan, b"x", b"1").is_err());
        assert!(compare(Operator::SameSet, b"1:99999999999", b"1").is_err());
    }

    #[test]
    fn a_series_is_said_of_all_its_words() {
        for (word, good, bad) in [
            ("strictly-increasing", "1 2 10", "1 2 2"),
            ("strictly-decreasing", "10,2", "2 10"),
            ("distinct", "a b", "a b a"),
            ("equal", "a a a", "a a b"),
        ] {
            let is = |value: &str| compare(Operator::Are, value.as_bytes(), word.as_bytes());
            assert_eq!((is(good), is(bad)), (Ok(true), Ok(false)), "{word}");
        }
        assert!(compare(Operator::Are, b"1 x", b"strictly-increasing").is_err());
        assert!(compare(Operator::Are, b"1", b"even").is_err());
    }
}
