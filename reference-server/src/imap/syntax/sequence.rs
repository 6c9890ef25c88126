//! Sequence sets: which messages a command is about (RFC 3501, section 9: sequence-set), and the
//! UID sets of response codes (RFC 4315, section 4).

use super::cursor::{Cursor, ParseError, Parsed};

/// The most ranges in one set.
const RANGE_LIMIT: usize = 10_000;

/// One end of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    /// A number.
    Number(u32),
    /// `*`: the largest number in use.
    Largest,
}

impl Bound {
    fn resolve(self, largest: u32) -> u32 {
        match self {
            Self::Number(number) => number,
            Self::Largest => largest,
        }
    }
}

/// Message sequence numbers or UIDs, in any order, as the client wrote them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SequenceSet {
    /// Ranges.
    Ranges(Vec<(Bound, Bound)>),
    /// `$`: what the last search saved (RFC 5182).
    Saved,
}

impl SequenceSet {
    /// The set of these ranges.
    pub(crate) fn of(ranges: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let range = |(from, to)| (Bound::Number(from), Bound::Number(to));
        Self::Ranges(ranges.into_iter().map(range).collect())
    }

    /// Whether only numbers stand in it, without `*` and `$`.
    pub(crate) fn is_plain(&self) -> bool {
        let plain = |&(from, to): &(Bound, Bound)| from != Bound::Largest && to != Bound::Largest;
        matches!(self, Self::Ranges(ranges) if ranges.iter().all(plain))
    }

    /// Whether it is a number alone, or `*`.
    pub(crate) fn is_one(&self) -> bool {
        matches!(self, Self::Ranges(ranges) if matches!(ranges.as_slice(), [(from, to)] if from == to))
    }

    /// The set as ascending ranges that neither overlap nor touch, with `*` standing for
    /// `largest` (0 for an empty mailbox). Of what was saved only a view knows.
    pub(crate) fn resolve(&self, largest: u32) -> Vec<(u32, u32)> {
        let Self::Ranges(ranges) = self else { return Vec::new() };
        let mut ranges: Vec<(u32, u32)> = ranges
            .iter()
            .map(|&(from, to)| {
                let (from, to) = (from.resolve(largest), to.resolve(largest));
                (from.min(to), from.max(to))
            })
            .collect();
        ranges.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (from, to) in ranges {
            match merged.last_mut() {
                Some(last) if from <= last.1.saturating_add(1) => last.1 = last.1.max(to),
                _ => merged.push((from, to)),
            }
        }
        merged
    }
}

/// ```abnf
/// sequence-set = (seq-number / seq-range) *("," sequence-set)
/// seq-range    = seq-number ":" seq-number
/// seq-number   = nz-number / "*"
/// sequence-set =/ "$"                  ; RFC 5182, section 3
/// ```
pub(crate) fn sequence_set(cursor: &mut Cursor<'_>) -> Parsed<SequenceSet> {
    if cursor.eat(b'$') {
        return Ok(SequenceSet::Saved);
    }
    let mut ranges = Vec::new();
    loop {
        let from = bound(cursor)?;
        let to = if cursor.eat(b':') { bound(cursor)? } else { from };
        ranges.push((from, to));
        if ranges.len() > RANGE_LIMIT {
            return Err(ParseError::Limit("too many ranges in one set"));
        }
        if !cursor.eat(b',') {
            return Ok(SequenceSet::Ranges(ranges));
        }
    }
}

fn bound(cursor: &mut Cursor<'_>) -> Parsed<Bound> {
    match cursor.peek() {
        Some(b'*') => {
            cursor.eat(b'*');
            Ok(Bound::Largest)
        }
        Some(b'1'..=b'9') => Ok(Bound::Number(cursor.number()?)),
        _ => Err(ParseError::Syntax("a message number was expected")),
    }
}

/// Whether `number` is in one of the ranges that [`SequenceSet::resolve`] gave.
pub(crate) fn within(ranges: &[(u32, u32)], number: u32) -> bool {
    let next = ranges.partition_point(|&(_, to)| to < number);
    ranges.get(next).is_some_and(|&(from, _)| from <= number)
}

/// ```abnf
/// uid-set   = (uniqueid / uid-range) *("," uid-set)      ; RFC 4315, section 4
/// uid-range = (uniqueid ":" uniqueid)
/// ```
/// Writes `uids` in their own order; only a run that ascends by one becomes a range, so that a
/// set keeps corresponding, item by item, to the one beside it (section 3, COPYUID).
pub(crate) fn compact_uid_set(uids: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for &uid in uids {
        match runs.last_mut() {
            Some(last) if last.1.checked_add(1) == Some(uid) => last.1 = uid,
            _ => runs.push((uid, uid)),
        }
    }
    let written: Vec<String> = runs
        .iter()
        .map(|&(from, to)| if from == to { from.to_string() } else { format!("{from}:{to}") })
        .collect();
    written.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Parsed<SequenceSet> {
        sequence_set(&mut Cursor::whole(text.as_bytes(), 0))
    }

    #[test]
    fn ranges_are_without_order_and_overlaps_coalesce() {
        let set = parse("2,4:7,9,12:*").unwrap();
        assert_eq!(set.resolve(15), [(2, 2), (4, 7), (9, 9), (12, 15)]);
        let set = parse("*:4,5:7").unwrap();
        assert_eq!(set.resolve(10), [(4, 10)]);
        assert_eq!(parse("4:2").unwrap().resolve(10), [(2, 4)]);
    }

    #[test]
    fn a_range_to_the_largest_holds_it_even_when_it_begins_above() {
        assert_eq!(parse("559:*").unwrap().resolve(500), [(500, 559)]);
    }

    #[test]
    fn zero_and_holes_are_refused() {
        for text in ["0", "", ",1", "1,", "1:", ":1", "01", "1:0", "a", "4294967296", "1,,2", "1,$"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_uid_set_keeps_the_order_of_its_uids() {
        assert_eq!(compact_uid_set(&[304, 319, 320]), "304,319:320");
        assert_eq!(compact_uid_set(&[5, 4, 6, 7, 8]), "5,4,6:8");
        assert_eq!(compact_uid_set(&[u32::MAX]), "4294967295");
    }
}
