//! Patterns in a row against things in a row, where `...` stands for any number of things.

use std::collections::HashSet;

use super::Mismatch;
use crate::run::bindings::Bindings;

/// How a row of `patterns` patterns is matched against a row of `things` things.
pub(super) trait Row {
    /// How many patterns there are.
    fn patterns(&self) -> usize;
    /// How many things there are.
    fn things(&self) -> usize;
    /// Whether this pattern is `...`.
    fn is_gap(&self, pattern: usize) -> bool;
    /// One pattern against one thing.
    fn try_one(&self, pattern: usize, thing: usize, bindings: &mut Bindings) -> Result<(), Mismatch>;
    /// Things are left over behind the last pattern, from this one on.
    fn left_over(&self, thing: usize) -> Mismatch;
    /// Nothing is left for this pattern.
    fn missing(&self, pattern: usize) -> Mismatch;
}

/// Matches the whole row, from its beginning to its end.
///
/// # Errors
/// The mismatch that lies furthest in the row of things.
pub(super) fn match_row(row: &dyn Row, bindings: &mut Bindings) -> Result<(), Mismatch> {
    let mut search = Search { row, failed: HashSet::new(), furthest: None };
    let matched = bindings.attempt(|bindings| if search.from(0, 0, bindings) { Ok(()) } else { Err(()) });
    match matched {
        Ok(()) => Ok(()),
        Err(()) => Err(search.furthest.map_or_else(|| row.missing(0), |(_, mismatch)| mismatch)),
    }
}

struct Search<'a> {
    row: &'a dyn Row,
    /// Pairs of pattern and thing from which no match was found.
    failed: HashSet<(usize, usize)>,
    furthest: Option<(usize, Mismatch)>,
}

impl Search<'_> {
    fn from(&mut self, pattern: usize, thing: usize, bindings: &mut Bindings) -> bool {
        if self.failed.contains(&(pattern, thing)) {
            return false;
        }
        let found = self.try_from(pattern, thing, bindings);
        if !found {
            self.failed.insert((pattern, thing));
        }
        found
    }

    fn try_from(&mut self, mut pattern: usize, mut thing: usize, bindings: &mut Bindings) -> bool {
        // What stands before the next gap is matched without recursion, so that long rows need no stack.
        bindings
            .attempt(|bindings| {
                while pattern < self.row.patterns() && !self.row.is_gap(pattern) {
                    if thing >= self.row.things() {
                        self.note(thing, self.row.missing(pattern));
                        return Err(());
                    }
                    if let Err(mismatch) = self.row.try_one(pattern, thing, bindings) {
                        self.note(thing, mismatch);
                        return Err(());
                    }
                    (pattern, thing) = (pattern + 1, thing + 1);
                }
                if pattern >= self.row.patterns() {
                    if thing < self.row.things() {
                        self.note(thing, self.row.left_over(thing));
                        return Err(());
                    }
                    return Ok(());
                }
                while pattern < self.row.patterns() && self.row.is_gap(pattern) {
                    pattern += 1;
                }
                if pattern >= self.row.patterns() {
                    return Ok(());
                }
                let found = (thing..=self.row.things()).any(|next| self.from(pattern, next, bindings));
                if found { Ok(()) } else { Err(()) }
            })
            .is_ok()
    }

    fn note(&mut self, thing: usize, mismatch: Mismatch) {
        if self.furthest.as_ref().is_none_or(|(at, _)| thing > *at) {
            self.furthest = Some((thing, mismatch));
        }
    }
}
