//! Data whose order means nothing: sets of values, and pairs of name and value.

use super::item::match_item;
use super::show::{brief_value, show_item, show_items, show_values};
use super::structure::match_structure;
use crate::dialect::imap::Value;
use crate::run::bindings::Bindings;
use crate::run::checks::Mismatch;
use crate::script::pattern::ImapItem;

/// What may be there besides what is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extra {
    /// Nothing, unless `...` is written.
    None,
    /// `\Recent`: it depends on who looked first.
    Recent,
    /// Anything.
    Anything,
}

/// Tries that one set may take.
const TRY_LIMIT: usize = 100_000;

/// Matches items against values in any order, each against one of its own.
///
/// # Errors
/// What is missing, or there too.
pub(super) fn match_set(
    items: &[ImapItem],
    values: &[Value],
    extra: Extra,
    bindings: &mut Bindings,
) -> Result<(), Mismatch> {
    let anything = extra == Extra::Anything || items.iter().any(|item| matches!(item, ImapItem::Others));
    // What is written out chooses before what takes anything of a kind.
    let (mut wanted, captures): (Vec<&ImapItem>, Vec<&ImapItem>) = items
        .iter()
        .filter(|item| !matches!(item, ImapItem::Others))
        .partition(|item| !matches!(item, ImapItem::Capture { .. }));
    wanted.extend(captures);
    let mut search = Set { wanted: &wanted, values, used: vec![false; values.len()], tries: 0, stuck: 0 };
    let found = bindings.attempt(|bindings| if search.assign(0, bindings) { Ok(()) } else { Err(()) });
    if found.is_err() {
        let missing =
            search.wanted.get(search.stuck).map(|item| show_item(item, bindings)).unwrap_or_default();
        let label = format!("no {missing} in it");
        return Err(Mismatch::new(show_items(items, bindings), show_values(values), label));
    }
    let ignored = |value: &Value| anything || extra == Extra::Recent && value.is_word("\\Recent");
    let left = values.iter().zip(&search.used).find(|(value, used)| !**used && !ignored(value));
    match left {
        None => Ok(()),
        Some((value, _)) => {
            let label = format!("{} is there too", brief_value(value));
            Err(Mismatch::new(show_items(items, bindings), show_values(values), label))
        }
    }
}

struct Set<'a> {
    wanted: &'a [&'a ImapItem],
    values: &'a [Value],
    used: Vec<bool>,
    tries: usize,
    /// The furthest item for which no value was found.
    stuck: usize,
}

impl Set<'_> {
    fn assign(&mut self, at: usize, bindings: &mut Bindings) -> bool {
        let Some(item) = self.wanted.get(at) else { return true };
        self.stuck = self.stuck.max(at);
        for (index, value) in self.values.iter().enumerate() {
            if self.used.get(index).copied().unwrap_or(true) || self.tries > TRY_LIMIT {
                continue;
            }
            self.tries += 1;
            let found = bindings.attempt(|bindings| {
                match_item(item, value, bindings).map_err(drop)?;
                self.mark(index, true);
                if self.assign(at + 1, bindings) { Ok(()) } else { Err(()) }
            });
            if found.is_ok() {
                return true;
            }
            self.mark(index, false);
        }
        false
    }

    fn mark(&mut self, index: usize, used: bool) {
        if let Some(mark) = self.used.get_mut(index) {
            *mark = used;
        }
    }
}

/// Matches pairs of name and value in any order; `of` is what holds them, for the label.
///
/// A name that comes more than once (as in merged responses) may match in any of its places.
///
/// # Errors
/// What is missing, differs, or is there too.
pub(super) fn match_pairs(
    items: &[ImapItem],
    values: &[Value],
    extra: Extra,
    of: &str,
    bindings: &mut Bindings,
) -> Result<(), Mismatch> {
    let (wanted, anything) = pairs(items);
    let mut seen = Vec::new();
    for (name, item) in &wanted {
        let mut last = None;
        let mut found = false;
        for (index, pair) in values.chunks(2).enumerate().rev() {
            let [came, value] = pair else { continue };
            if found || !is_name(name, came, bindings) {
                continue;
            }
            seen.push(index);
            match item.map_or(Ok(()), |item| match_value(came, item, value, bindings)) {
                Ok(()) => found = true,
                Err(mismatch) => {
                    let label = format!("{} is {}", brief_value(came), brief_value(value));
                    last = last.or(Some(Mismatch { label, ..mismatch }));
                }
            }
        }
        if !found {
            let name = show_item(name, bindings);
            let missing =
                || Mismatch::new(name.clone(), show_values(values), format!("no {name} in the {of}"));
            return Err(last.unwrap_or_else(missing));
        }
    }
    let left = values.chunks(2).enumerate().find(|(index, _)| !seen.contains(index));
    match left {
        Some((_, [name, ..])) if extra != Extra::Anything && !anything => {
            let label = format!("{} is there too", brief_value(name));
            Err(Mismatch::new(show_items(items, bindings), show_values(values), label))
        }
        _ => Ok(()),
    }
}

/// Items two by two, and whether `...` stands among the names. Behind a name, `...` stands for any value.
fn pairs(items: &[ImapItem]) -> (Vec<(&ImapItem, Option<&ImapItem>)>, bool) {
    let (mut pairs, mut anything) = (Vec::new(), false);
    let mut items = items.iter();
    while let Some(name) = items.next() {
        if matches!(name, ImapItem::Others) {
            anything = true;
        } else {
            pairs.push((name, items.next()));
        }
    }
    (pairs, anything)
}

fn match_value(
    name: &Value,
    item: &ImapItem,
    value: &Value,
    bindings: &mut Bindings,
) -> Result<(), Mismatch> {
    match (item, value) {
        (ImapItem::List(items), Value::List(values)) if name.is_word("FLAGS") => {
            match_set(items, values, Extra::Recent, bindings)
        }
        (ImapItem::List(items), Value::List(values))
            if name.is_word("BODY") || name.is_word("BODYSTRUCTURE") =>
        {
            match_structure(items, values, bindings)
        }
        _ => match_item(item, value, bindings),
    }
}

/// Whether a pattern's name is this one; the field names of a section have no order.
fn is_name(item: &ImapItem, name: &Value, bindings: &mut Bindings) -> bool {
    match (item, name) {
        (ImapItem::Word(word), Value::Atom(atom)) => {
            word.eq_ignore_ascii_case(atom)
                || section_key(word).is_some_and(|key| section_key(atom) == Some(key))
        }
        _ => match_item(item, name, bindings).is_ok(),
    }
}

/// `BODY[HEADER.FIELDS (…)]<…>` in upper case, its field names in order.
fn section_key(word: &[u8]) -> Option<Vec<u8>> {
    let upper = word.to_ascii_uppercase();
    let open = upper.iter().position(|&octet| octet == b'(')?;
    let close = upper.iter().rposition(|&octet| octet == b')')?;
    let mut fields: Vec<&[u8]> = upper.get(open + 1..close)?.split(|&octet| octet == b' ').collect();
    fields.sort_unstable();
    let mut key = upper.get(..open)?.to_vec();
    key.extend(fields.join(&b' '));
    key.extend(upper.get(close..)?);
    Some(key)
}
