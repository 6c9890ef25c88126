//! BODY and BODYSTRUCTURE: in which of their places upper and lower case are the same.
//!
//! Media types, names of parameters, transfer encodings, dispositions, charsets (RFC 2045, sections 5.1 and
//! 6.1; RFC 2183, section 2; RFC 2046, section 4.1.2) and languages (RFC 5646, section 2.1.1) are compared without regard
//! to case: some servers give them in capitals, whatever stands in the message. All else is compared octet for octet.

use super::item::{match_item, match_items_by};
use crate::dialect::imap::Value;
use crate::run::bindings::Bindings;
use crate::run::checks::Mismatch;
use crate::run::checks::text::{Case, match_text};
use crate::script::pattern::ImapItem;

/// What stands in a place of a structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A word in which case means nothing.
    Word,
    /// Names and values, one behind the other.
    Parameters,
    /// A disposition and its parameters.
    Disposition,
    /// One language, or a list of them.
    Languages,
    /// The structure of a part.
    Structure,
    /// Anything else.
    Other,
}

/// The fields that every part has, from its type to its size.
const BASIC: [Place; 7] =
    [Place::Word, Place::Word, Place::Parameters, Place::Other, Place::Other, Place::Word, Place::Other];

/// Matches what stands in the parentheses of a structure.
///
/// # Errors
/// What differs.
pub(super) fn match_structure(
    items: &[ImapItem],
    values: &[Value],
    bindings: &mut Bindings,
) -> Result<(), Mismatch> {
    match_places(items, values, &places(values), bindings)
}

fn match_places(
    items: &[ImapItem],
    values: &[Value],
    places: &[Place],
    bindings: &mut Bindings,
) -> Result<(), Mismatch> {
    let one = |place: usize, item: &ImapItem, value: &Value, bindings: &mut Bindings| {
        match_place(places.get(place).copied().unwrap_or(Place::Other), item, value, bindings)
    };
    match_items_by(items, values, &one, bindings)
}

fn match_place(
    place: Place,
    item: &ImapItem,
    value: &Value,
    bindings: &mut Bindings,
) -> Result<(), Mismatch> {
    let (ImapItem::List(items), Value::List(values)) = (item, value) else {
        return match place {
            Place::Word | Place::Languages => match_word(item, value, bindings),
            _ => match_item(item, value, bindings),
        };
    };
    match place {
        Place::Structure => match_structure(items, values, bindings),
        Place::Parameters => match_places(items, values, &parameters(values), bindings),
        Place::Disposition => match_places(items, values, &[Place::Word, Place::Parameters], bindings),
        Place::Languages => match_places(items, values, &vec![Place::Word; values.len()], bindings),
        Place::Word | Place::Other => match_item(item, value, bindings),
    }
}

/// A string without regard to case.
fn match_word(item: &ImapItem, value: &Value, bindings: &mut Bindings) -> Result<(), Mismatch> {
    match_item(item, value, bindings).or_else(|mismatch| match (item, value.string()) {
        (ImapItem::String(text) | ImapItem::Mixed(text), Some(string)) => {
            match_text(text, string, Case::Insensitive, bindings).map_err(|_| mismatch)
        }
        _ => Err(mismatch),
    })
}

/// The places of a structure (RFC 3501, section 9, `body`), by what has come.
fn places(values: &[Value]) -> Vec<Place> {
    let parts = values.iter().take_while(|value| matches!(value, Value::List(_))).count();
    if parts > 0 {
        let mut places = vec![Place::Structure; parts];
        places.extend([Place::Word, Place::Parameters, Place::Disposition, Place::Languages]);
        return places;
    }
    let mut places = BASIC.to_vec();
    if matches!(values.get(BASIC.len()), Some(Value::List(_))) {
        // A message: envelope, structure, lines.
        places.extend([Place::Other, Place::Structure, Place::Other]);
    } else if values.first().and_then(Value::octets).is_some_and(|kind| kind.eq_ignore_ascii_case(b"text")) {
        places.push(Place::Other);
    }
    // Behind the MD5.
    places.extend([Place::Other, Place::Disposition, Place::Languages]);
    places
}

/// Names without regard to case, and the value of `charset` too.
fn parameters(values: &[Value]) -> Vec<Place> {
    let is_charset = |name: &Value| name.octets().is_some_and(|name| name.eq_ignore_ascii_case(b"charset"));
    values
        .chunks(2)
        .flat_map(|pair| {
            let value = if pair.first().is_some_and(is_charset) { Place::Word } else { Place::Other };
            [Place::Word, value]
        })
        .collect()
}
