//! Untagged responses and response codes: which of their parts have an order, and which have none.
//!
//! The RFC gives no meaning to the order of FETCH and STATUS items, flags,
//! capabilities, LIST attributes, SEARCH results and annotations; all else is
//! compared in its order.

use super::item::{match_item, match_items};
use super::show::{show_items, show_values};
use super::unordered::{Extra, match_pairs, match_set};
use crate::dialect::imap::Value;
use crate::run::bindings::Bindings;
use crate::run::checks::Mismatch;
use crate::script::pattern::ImapItem;

/// Matches the items of an untagged response (behind `* `) against what came.
///
/// # Errors
/// What differs.
pub(super) fn match_data(
    items: &[ImapItem],
    values: &[Value],
    bindings: &mut Bindings,
) -> Result<(), Mismatch> {
    let numbered = values.first().is_some_and(|value| value.number().is_some());
    let head = if numbered { 2 } else { 1 };
    let name = values.get(head - 1).map(Value::upper).unwrap_or_default();
    let (Some((item_head, items_rest)), Some((value_head, values_rest))) =
        (items.split_at_checked(head), values.split_at_checked(head))
    else {
        return match_items(items, values, bindings);
    };
    if item_head.iter().any(|item| matches!(item, ImapItem::Others)) {
        return match_items(items, values, bindings);
    }
    match_items(item_head, value_head, bindings)?;
    match name.as_str() {
        "FETCH" if numbered => fetch(items_rest, values_rest, bindings),
        "CAPABILITY" | "ENABLED" | "SEARCH" => match_set(items_rest, values_rest, Extra::None, bindings),
        "FLAGS" => flags(items_rest, values_rest, bindings),
        "LIST" | "LSUB" => mailbox_list(items_rest, values_rest, bindings),
        "STATUS" => status(items_rest, values_rest, bindings),
        "ESEARCH" => esearch(items_rest, values_rest, bindings),
        "METADATA" => metadata(items_rest, values_rest, bindings),
        _ => match_items(items_rest, values_rest, bindings),
    }
}

/// Matches a response code and its arguments.
///
/// # Errors
/// What differs.
pub(super) fn match_code(
    items: &[ImapItem],
    values: &[Value],
    bindings: &mut Bindings,
) -> Result<(), Mismatch> {
    let (Some((item, items_rest)), Some((value, values_rest))) = (items.split_first(), values.split_first())
    else {
        return match_items(items, values, bindings);
    };
    match value.upper().as_str() {
        "CAPABILITY" => {
            match_item(item, value, bindings)?;
            match_set(items_rest, values_rest, Extra::None, bindings)
        }
        "PERMANENTFLAGS" | "BADCHARSET" => {
            match_item(item, value, bindings)?;
            flags(items_rest, values_rest, bindings)
        }
        _ => match_items(items, values, bindings),
    }
}

/// Whether the first item is a word, and the first value the same one.
pub(super) fn same_name(items: &[ImapItem], values: &[Value]) -> bool {
    match (items.first(), values.first().and_then(Value::atom)) {
        (Some(ImapItem::Word(word)), Some(atom)) => word.eq_ignore_ascii_case(atom),
        _ => false,
    }
}

/// `(item value …)`: any order, others may be there.
fn fetch(items: &[ImapItem], values: &[Value], bindings: &mut Bindings) -> Result<(), Mismatch> {
    match (items, values) {
        ([ImapItem::List(items)], [Value::List(values)]) => {
            match_pairs(items, values, Extra::Anything, "FETCH response", bindings)
        }
        _ => match_items(items, values, bindings),
    }
}

/// One list without order.
fn flags(items: &[ImapItem], values: &[Value], bindings: &mut Bindings) -> Result<(), Mismatch> {
    match (items, values) {
        ([ImapItem::List(items)], [Value::List(values)]) => match_set(items, values, Extra::Recent, bindings),
        _ => match_items(items, values, bindings),
    }
}

/// Attributes without order, the delimiter, the mailbox; extended items may follow (RFC 5258).
fn mailbox_list(items: &[ImapItem], values: &[Value], bindings: &mut Bindings) -> Result<(), Mismatch> {
    let (
        [ImapItem::List(wanted), delimiter, mailbox, more @ ..],
        [Value::List(attributes), came, name, rest @ ..],
    ) = (items, values)
    else {
        return match_items(items, values, bindings);
    };
    if matches!(delimiter, ImapItem::Others) || matches!(mailbox, ImapItem::Others) {
        match_set(wanted, attributes, Extra::None, bindings)?;
        return match_items(
            items.get(1..).unwrap_or_default(),
            values.get(1..).unwrap_or_default(),
            bindings,
        );
    }
    // The name first: a mismatch then says which mailbox it is about.
    match_mailbox(mailbox, name, bindings)?;
    match_item(delimiter, came, bindings)?;
    match_set(wanted, attributes, Extra::None, bindings)?;
    if more.is_empty() { Ok(()) } else { match_items(more, rest, bindings) }
}

/// A mailbox name; INBOX without regard to case (RFC 3501, section 5.1).
fn match_mailbox(item: &ImapItem, value: &Value, bindings: &mut Bindings) -> Result<(), Mismatch> {
    let inbox = Value::Atom(b"INBOX".to_vec());
    match value.octets() {
        Some(octets)
            if octets.eq_ignore_ascii_case(b"INBOX") && !matches!(item, ImapItem::Capture { .. }) =>
        {
            match_item(item, value, bindings)
                .or_else(|mismatch| match_item(item, &inbox, bindings).map_err(|_| mismatch))
        }
        _ => match_item(item, value, bindings),
    }
}

/// A mailbox, and pairs of item and number without order.
fn status(items: &[ImapItem], values: &[Value], bindings: &mut Bindings) -> Result<(), Mismatch> {
    match (items, values) {
        ([mailbox, ImapItem::List(items)], [name, Value::List(values)])
            if !matches!(mailbox, ImapItem::Others) =>
        {
            match_mailbox(mailbox, name, bindings)?;
            match_pairs(items, values, Extra::None, "STATUS response", bindings)
        }
        _ => match_items(items, values, bindings),
    }
}

/// A mailbox, and pairs of entry and value without order (RFC 5464, section 4.4.1), unless `...` makes a row of them.
fn metadata(items: &[ImapItem], values: &[Value], bindings: &mut Bindings) -> Result<(), Mismatch> {
    match (items, values) {
        ([mailbox, ImapItem::List(items)], [name, Value::List(values)])
            if !matches!(mailbox, ImapItem::Others)
                && !items.iter().any(|item| matches!(item, ImapItem::Others)) =>
        {
            match_mailbox(mailbox, name, bindings)?;
            match_pairs(items, values, Extra::None, "METADATA response", bindings)
        }
        _ => match_items(items, values, bindings),
    }
}

/// `[(TAG "…")] [UID] *(name value)` (RFC 4731); the tag is the harness's affair.
fn esearch(items: &[ImapItem], values: &[Value], bindings: &mut Bindings) -> Result<(), Mismatch> {
    let (items, mut values) = match (items, values) {
        ([tag @ ImapItem::List(_), items @ ..], [came, values @ ..]) => {
            match_item(tag, came, bindings)?;
            (items, values)
        }
        _ => (items, values),
    };
    if let [Value::List(_), rest @ ..] = values {
        values = rest;
    }
    let uid = |word: &ImapItem| matches!(word, ImapItem::Word(word) if word.eq_ignore_ascii_case(b"UID"));
    match (items.split_first(), values.split_first()) {
        (Some((item, items)), Some((value, values))) if uid(item) && value.is_word("UID") => {
            match_pairs(items, values, Extra::None, "ESEARCH response", bindings)
        }
        (Some((item, _)), _) if uid(item) => {
            let label = "no UID in the ESEARCH response";
            Err(Mismatch::new(show_items(items, bindings), show_values(values), label))
        }
        (_, Some((value, _))) if value.is_word("UID") => {
            let label = "UID is there too";
            Err(Mismatch::new(show_items(items, bindings), show_values(values), label))
        }
        _ => match_pairs(items, values, Extra::None, "ESEARCH response", bindings),
    }
}
