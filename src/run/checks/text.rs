//! Patterns of text against octets.

use std::collections::HashSet;

use super::{Mismatch, brief};
use crate::dialect::escape::quote;
use crate::run::bindings::Bindings;
use crate::script::pattern::{CaptureType, TextPart, TextPattern};

/// Whether upper and lower case are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// Octet for octet.
    Exact,
    /// ASCII letters compare without regard to case.
    Insensitive,
}

/// Steps that one match may take; patterns that need more do not match.
const STEP_LIMIT: usize = 1_000_000;

/// Matches a pattern against the whole of a text; captures are bound when it matches.
///
/// # Errors
/// What differs, or the variable without value.
pub fn match_text(
    pattern: &TextPattern,
    text: &[u8],
    case: Case,
    bindings: &mut Bindings,
) -> Result<(), Mismatch> {
    let binds = pattern.binds();
    let reads_its_own = pattern.reads().iter().any(|(name, _)| binds.iter().any(|(bound, _)| bound == name));
    let mut search = Search { case, failed: HashSet::new(), remember: !reads_its_own, steps: 0, fault: None };
    let matched = bindings.attempt(|bindings| match search.from(&pattern.parts, text, bindings) {
        true => Ok(()),
        false => Err(()),
    });
    match (matched, search.fault) {
        (Ok(()), _) => Ok(()),
        (Err(()), Some(fault)) => Err(fault),
        (Err(()), None) => {
            let expected = describe(pattern, bindings);
            Err(Mismatch::new(expected, quote(text), format!("the text is {}", brief(text))))
        }
    }
}

/// The pattern as people read it, variables replaced by their values.
#[must_use]
pub fn describe(pattern: &TextPattern, bindings: &Bindings) -> String {
    let mut out = String::new();
    for part in &pattern.parts {
        match part {
            TextPart::Octets(octets) => push_plain(&mut out, octets),
            TextPart::Variable { name, filters, span } => match bindings.value(name, filters, *span) {
                Ok(value) => push_plain(&mut out, &value),
                Err(_) => out.push_str(&format!("${{{name}}}")),
            },
            TextPart::Capture { kind, .. } => out.push_str(&format!("<{}>", kind.describe())),
            TextPart::Any => out.push_str("..."),
        }
    }
    out
}

/// Octets without the quotes around them.
fn push_plain(out: &mut String, octets: &[u8]) {
    let quoted = quote(octets);
    out.push_str(quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(&quoted));
}

struct Search {
    case: Case,
    /// Numbers of parts and octets left from which no match was found.
    failed: HashSet<(usize, usize)>,
    /// Whether a failure once is a failure always: not when the pattern reads what it binds itself.
    remember: bool,
    steps: usize,
    fault: Option<Mismatch>,
}

impl Search {
    fn from(&mut self, parts: &[TextPart], text: &[u8], bindings: &mut Bindings) -> bool {
        let Some((part, rest)) = parts.split_first() else { return text.is_empty() };
        let place = (parts.len(), text.len());
        self.steps += 1;
        if self.steps > STEP_LIMIT || self.failed.contains(&place) {
            return false;
        }
        let found = match part {
            TextPart::Octets(octets) => {
                self.strip(octets, text).is_some_and(|behind| self.from(rest, behind, bindings))
            }
            TextPart::Variable { name, filters, span } => match bindings.value(name, filters, *span) {
                Ok(value) => self.strip(&value, text).is_some_and(|behind| self.from(rest, behind, bindings)),
                Err(error) => {
                    self.fault = Some(error.into());
                    false
                }
            },
            TextPart::Any if rest.is_empty() => true,
            TextPart::Any => (0..=text.len()).any(|from| match text.get(from..) {
                Some(behind) => self.from(rest, behind, bindings),
                None => false,
            }),
            TextPart::Capture { name, kind, .. } => self.capture(name.as_deref(), kind, rest, text, bindings),
        };
        if !found && self.remember {
            self.failed.insert(place);
        }
        found
    }

    fn strip<'a>(&self, head: &[u8], text: &'a [u8]) -> Option<&'a [u8]> {
        let (start, behind) = text.split_at_checked(head.len())?;
        let equal = match self.case {
            Case::Exact => start == head,
            Case::Insensitive => start.eq_ignore_ascii_case(head),
        };
        equal.then_some(behind)
    }

    /// A capture takes as much as it can, and gives back what the rest needs.
    fn capture(
        &mut self,
        name: Option<&str>,
        kind: &CaptureType,
        rest: &[TextPart],
        text: &[u8],
        bindings: &mut Bindings,
    ) -> bool {
        let (least, most) = extent(kind, text);
        let only = if rest.is_empty() { text.len() } else { least };
        for length in (least.max(only)..=most).rev() {
            let Some((taken, behind)) = text.split_at_checked(length) else { continue };
            self.steps += 1;
            if let CaptureType::Regex(regex) = kind {
                self.steps += length;
                if self.steps > STEP_LIMIT || !regex.is_match(taken) {
                    continue;
                }
            }
            let bound = bindings.attempt(|bindings| {
                if let Some(name) = name {
                    bindings.set(name, value(kind, taken));
                }
                if self.from(rest, behind, bindings) { Ok(()) } else { Err(()) }
            });
            if bound.is_ok() {
                return true;
            }
        }
        false
    }
}

/// The least and the most octets at the head of a text that a capture can take; none when the least is more.
fn extent(kind: &CaptureType, text: &[u8]) -> (usize, usize) {
    let run = |fits: fn(u8) -> bool| text.iter().take_while(|&&octet| fits(octet)).count();
    match kind {
        CaptureType::Number => (1, run(|octet| octet.is_ascii_digit())),
        CaptureType::Word | CaptureType::Any => (1, run(|octet| !octet.is_ascii_whitespace())),
        CaptureType::Atom => (1, run(is_atom_char)),
        CaptureType::Set => (1, run(|octet| octet.is_ascii_digit() || b":,*".contains(&octet))),
        CaptureType::String => string_extent(text),
        CaptureType::Text | CaptureType::Payload | CaptureType::Regex(_) => (0, text.len()),
    }
}

/// A quoted string at the head of a text, or else a word.
fn string_extent(text: &[u8]) -> (usize, usize) {
    if text.first() != Some(&b'"') {
        return (1, text.iter().take_while(|octet| !octet.is_ascii_whitespace()).count());
    }
    let mut escaped = false;
    for (at, &octet) in text.iter().enumerate().skip(1) {
        match octet {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return (at + 1, at + 1),
            _ => {}
        }
    }
    (1, 0)
}

/// What a capture binds of the octets it took: a quoted string's content, else the octets.
fn value(kind: &CaptureType, taken: &[u8]) -> Vec<u8> {
    let content = taken.strip_prefix(b"\"").and_then(|taken| taken.strip_suffix(b"\""));
    let (CaptureType::String, Some(content)) = (kind, content) else { return taken.to_vec() };
    let mut out = Vec::with_capacity(content.len());
    let mut escaped = false;
    for &octet in content {
        if octet == b'\\' && !escaped {
            escaped = true;
        } else {
            escaped = false;
            out.push(octet);
        }
    }
    out
}

/// `ATOM-CHAR` (RFC 3501, section 9).
pub(super) fn is_atom_char(octet: u8) -> bool {
    octet.is_ascii_graphic() && !b"(){%*\"\\]".contains(&octet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::checks::Fault;
    use crate::script::pattern::text::parse;

    fn matches(pattern: &str, text: &str) -> Option<Bindings> {
        let mut bindings = Bindings::new();
        bindings.set("x", "va.lue");
        let pattern = parse(pattern, 0).unwrap();
        match_text(&pattern, text.as_bytes(), Case::Exact, &mut bindings).ok().map(|()| bindings)
    }

    #[test]
    fn each_construct_matches_and_fails_to_match() {
        let cases = [
            ("abc", "abc", "abC"),
            ("", "", " "),
            ("a...c", "abbc", "abb"),
            ("...", "", "\0never"),
            ("... b ... d", "a b c d", "a b c"),
            ("${x}!", "va.lue!", "vaxlue!"),
            ("${x | upper}", "VA.LUE", "va.lue"),
            ("${_ = number}", "0123", "12a"),
            ("${_ = word}", "a-b", "a b"),
            ("${_ = word}", "a", ""),
            ("<${_ = text}>", "<>", "<"),
            ("${_ = atom}", "a1.b", "a(b"),
            ("${_ = set}", "1:3,7,*", "1;3"),
            ("${_ = string} z", "\"a \\\" b\" z", "\"a z"),
            ("${_ = /[a-c]+/}", "abc", "abcd"),
            ("2 ${_ = number}...", "2 120 octets", "2 octets"),
        ];
        for (pattern, good, bad) in cases {
            assert!(matches(pattern, good).is_some(), "{pattern} should match {good}");
            assert!(pattern == "..." || matches(pattern, bad).is_none(), "{pattern} should not match {bad}");
        }
    }

    #[test]
    fn captures_take_as_much_as_they_can() {
        let bindings =
            matches("${a = number}... ${b = /\\w+/}-${c = text}", "120 oct one-two-three").unwrap();
        assert_eq!(bindings.get("a"), Some(&b"120"[..]));
        assert_eq!(bindings.get("b"), Some(&b"one"[..]));
        assert_eq!(bindings.get("c"), Some(&b"two-three"[..]));
        let bindings = matches("${s = string}", "\"a\\\"b\"").unwrap();
        assert_eq!(bindings.get("s"), Some(&b"a\"b"[..]));
    }

    #[test]
    fn a_pattern_may_read_what_it_binds() {
        assert!(matches("${a = word} ${a}", "one one").is_some());
        assert!(matches("${a = word} ${a}", "one two").is_none());
        assert!(matches("${a = text}-${a}", "ab-ab").is_some());
    }

    #[test]
    fn a_failed_match_binds_nothing_and_says_what_came() {
        let mut bindings = Bindings::new();
        let pattern = parse("${a = word} end", 0).unwrap();
        let mismatch = match_text(&pattern, b"one start", Case::Exact, &mut bindings).unwrap_err();
        assert_eq!(bindings.get("a"), None);
        assert_eq!(mismatch.expected, "<a word> end");
        assert_eq!(mismatch.label, "the text is \"one start\"");
        assert_eq!(mismatch.fault, Fault::Reply);
    }

    #[test]
    fn a_variable_without_value_is_the_scripts_fault() {
        let pattern = parse("${nothing}", 0).unwrap();
        let mismatch = match_text(&pattern, b"x", Case::Exact, &mut Bindings::new()).unwrap_err();
        assert_eq!(mismatch.fault, Fault::Script);
    }

    #[test]
    fn case_matters_only_when_asked() {
        let pattern = parse("SiZe ...", 0).unwrap();
        assert!(match_text(&pattern, b"SIZE 10", Case::Insensitive, &mut Bindings::new()).is_ok());
        assert!(match_text(&pattern, b"SIZE 10", Case::Exact, &mut Bindings::new()).is_err());
    }

    #[test]
    fn a_costly_pattern_comes_to_an_end() {
        let pattern = parse("...a...a...a...a...a...a${x = text}b${x}", 0).unwrap();
        let text = vec![b'a'; 20_000];
        assert!(match_text(&pattern, &text, Case::Exact, &mut Bindings::new()).is_err());
    }
}
