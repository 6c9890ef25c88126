//! `check`: values compared.

use regex::bytes::RegexBuilder;

use crate::run::halt::Halt;
use crate::run::stage::{Departure, Stage, quote};
use crate::script::model::{Check, Operator};

/// The size to which a regular expression of a script may be compiled.
const REGEX_SIZE: usize = 1 << 20;

/// Does the step.
pub(super) fn check(stage: &Stage, check: &Check) -> Result<(), Halt> {
    let value = stage.octets(&check.value)?;
    let operand = stage.octets(&check.operand)?;
    let holds = compare(check.operator, &value, &operand).map_err(|why| {
        let line = stage.suite.source.location(check.span.start).line;
        Halt::Error(format!("line {line}: {why}"))
    })?;
    if holds {
        return Ok(());
    }
    let departure = Departure::answer(
        format!("a value {} {}", in_words(check.operator), quote(&operand)),
        quote(&value),
        format!("the value is {}", quote(&value)),
    );
    stage.depart(check.law.as_ref(), check.span, departure)
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
        let table: [(Operator, &str, &str, &str); 11] = [
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
        ];
        for (operator, value, good, bad) in table {
            assert_eq!(compare(operator, value.as_bytes(), good.as_bytes()), Ok(true), "{operator:?}");
            assert_eq!(compare(operator, value.as_bytes(), bad.as_bytes()), Ok(false), "{operator:?}");
        }
        assert!(compare(Operator::LessThan, b"x", b"1").is_err());
    }
}
