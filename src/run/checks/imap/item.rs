//! One item of a pattern against one value.

use super::show::{brief_value, show_item, show_value, show_values, whole_value};
use crate::dialect::imap::Value;
use crate::run::bindings::Bindings;
use crate::run::checks::Mismatch;
use crate::run::checks::sequence::{Row, match_row};
use crate::run::checks::text::{Case, is_atom_char, match_text};
use crate::script::pattern::{CaptureType, ImapItem};

/// Matches an item against a value; lists in their order.
///
/// # Errors
/// What differs.
pub(super) fn match_item(item: &ImapItem, value: &Value, bindings: &mut Bindings) -> Result<(), Mismatch> {
    let fits = match item {
        ImapItem::Others => true,
        ImapItem::Word(word) => is_word(word, value),
        ImapItem::Mixed(text) => match value {
            Value::Atom(atom) => match_text(text, atom, Case::Insensitive, bindings).map(|()| true)?,
            _ => match value.string() {
                Some(string) => match_text(text, string, Case::Exact, bindings).map(|()| true)?,
                None => false,
            },
        },
        ImapItem::String(text) => match value.octets().filter(|_| !value.is_nil()) {
            Some(octets) => match_text(text, octets, Case::Exact, bindings).map(|()| true)?,
            None => false,
        },
        ImapItem::List(items) => match value {
            Value::List(values) => return match_items(items, values, bindings),
            _ => false,
        },
        ImapItem::Variable { name, filters, span } => {
            let want = bindings.value(name, filters, *span)?;
            match value.octets() {
                Some(octets) => octets == want || is_same_set(octets, &want),
                None => whole_value(value).as_bytes() == want,
            }
        }
        ImapItem::Capture { name, kind, .. } => match taken(kind, value) {
            Some(octets) => {
                if let Some(name) = name {
                    bindings.set(name.clone(), octets);
                }
                true
            }
            None => false,
        },
    };
    if fits { Ok(()) } else { Err(differs(item, value, bindings)) }
}

fn differs(item: &ImapItem, value: &Value, bindings: &Bindings) -> Mismatch {
    let label = format!("here stands {}", brief_value(value));
    Mismatch::new(show_item(item, bindings), show_value(value), label)
}

/// A bare word: without regard to case to an atom, exactly to a string, `NIL` only to `NIL`.
fn is_word(word: &[u8], value: &Value) -> bool {
    match value {
        Value::Atom(atom) => word.eq_ignore_ascii_case(atom) || is_same_set(word, atom),
        Value::Quoted(string) | Value::Literal(string) | Value::Literal8(string) => {
            !word.eq_ignore_ascii_case(b"NIL") && word == string.as_slice()
        }
        Value::List(_) => false,
    }
}

/// What a capture of this type takes of a value, if it fits.
fn taken(kind: &CaptureType, value: &Value) -> Option<Vec<u8>> {
    let octets = value.octets();
    let fits = match kind {
        CaptureType::Number => value.number().is_some(),
        CaptureType::Word => octets.is_some_and(|o| !o.is_empty() && !o.iter().any(u8::is_ascii_whitespace)),
        CaptureType::Text => octets.is_some(),
        CaptureType::Atom => value.atom().is_some_and(|atom| atom.iter().all(|&octet| is_atom_char(octet))),
        // A mailbox name may be a bare atom where a string would do (`astring`).
        CaptureType::String => octets.is_some() && !value.is_nil(),
        CaptureType::Any => true,
        CaptureType::Set => value.atom().is_some_and(|atom| ranges(atom).is_some()),
        CaptureType::Payload => false,
        CaptureType::Regex(regex) => octets.is_some_and(|octets| regex.is_match(octets)),
    };
    fits.then(|| octets.map_or_else(|| whole_value(value).into_bytes(), <[u8]>::to_vec))
}

/// Whether both are sequence sets of the same numbers in the same order (`1:3` and `1,2,3`).
fn is_same_set(a: &[u8], b: &[u8]) -> bool {
    matches!((ranges(a), ranges(b)), (Some(a), Some(b)) if a == b)
}

/// The ranges of a sequence set (RFC 3501, section 9), neighbours joined; `*` is the largest number.
fn ranges(set: &[u8]) -> Option<Vec<(u32, u32)>> {
    let number = |text: &[u8]| match text {
        b"*" => Some(u32::MAX),
        _ if text.iter().all(u8::is_ascii_digit) => std::str::from_utf8(text).ok()?.parse().ok(),
        _ => None,
    };
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for part in set.split(|&octet| octet == b',') {
        let mut ends = part.splitn(2, |&octet| octet == b':');
        let first = number(ends.next()?)?;
        let second = ends.next().map_or(Some(first), number)?;
        let (low, high) = (first.min(second), first.max(second));
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(low) => *last = high,
            _ => ranges.push((low, high)),
        }
    }
    Some(ranges)
}

/// Matches items against values in their order; `...` stands for any number of values.
///
/// # Errors
/// What differs.
pub(super) fn match_items(
    items: &[ImapItem],
    values: &[Value],
    bindings: &mut Bindings,
) -> Result<(), Mismatch> {
    match_items_by(items, values, &|_, item, value, bindings| match_item(item, value, bindings), bindings)
}

/// How one item is matched against the value that stands in this place of its list.
pub(super) type MatchOne<'a> = &'a dyn Fn(usize, &ImapItem, &Value, &mut Bindings) -> Result<(), Mismatch>;

/// As [`match_items`], for lists in which it depends on the place what a value means.
///
/// # Errors
/// What differs.
pub(super) fn match_items_by(
    items: &[ImapItem],
    values: &[Value],
    one: MatchOne<'_>,
    bindings: &mut Bindings,
) -> Result<(), Mismatch> {
    let shown = items.iter().map(|item| show_item(item, bindings)).collect();
    match_row(&Items { items, values, one, shown }, bindings)
}

struct Items<'a> {
    items: &'a [ImapItem],
    values: &'a [Value],
    one: MatchOne<'a>,
    shown: Vec<String>,
}

impl Row for Items<'_> {
    fn patterns(&self) -> usize {
        self.items.len()
    }

    fn things(&self) -> usize {
        self.values.len()
    }

    fn is_gap(&self, pattern: usize) -> bool {
        matches!(self.items.get(pattern), Some(ImapItem::Others))
    }

    fn try_one(&self, pattern: usize, thing: usize, bindings: &mut Bindings) -> Result<(), Mismatch> {
        match (self.items.get(pattern), self.values.get(thing)) {
            (Some(item), Some(value)) => (self.one)(thing, item, value, bindings),
            _ => Err(self.missing(pattern)),
        }
    }

    fn left_over(&self, thing: usize) -> Mismatch {
        let rest = self.values.get(thing..).unwrap_or_default();
        let label =
            rest.first().map_or_else(String::new, |value| format!("{} is there too", brief_value(value)));
        Mismatch::new(format!("nothing behind {}", self.shown.join(" ")), show_values(self.values), label)
    }

    fn missing(&self, pattern: usize) -> Mismatch {
        let expected = self.shown.get(pattern).cloned().unwrap_or_default();
        let label = format!("nothing stands for {expected}");
        Mismatch::new(expected, show_values(self.values), label)
    }
}
