//! Items and values as people read them.

use crate::dialect::escape::{quote, quote_whole};
use crate::dialect::imap::Value;
use crate::run::bindings::Bindings;
use crate::run::checks::text::describe;
use crate::script::pattern::ImapItem;

/// Values separated by spaces: lists in parentheses, strings in double quotes.
#[must_use]
pub fn show_values(values: &[Value]) -> String {
    values.iter().map(show_value).collect::<Vec<_>>().join(" ")
}

pub(super) fn show_value(value: &Value) -> String {
    match value {
        Value::Atom(octets) => plain(octets),
        Value::Quoted(octets) | Value::Literal(octets) | Value::Literal8(octets) => quote(octets),
        Value::List(values) => format!("({})", show_values(values)),
    }
}

/// A value that a capture keeps: nothing is left out of it, however long it is.
pub(super) fn whole_value(value: &Value) -> String {
    match value {
        Value::Atom(octets) => plain(octets),
        Value::Quoted(octets) | Value::Literal(octets) | Value::Literal8(octets) => quote_whole(octets),
        Value::List(values) => format!("({})", values.iter().map(whole_value).collect::<Vec<_>>().join(" ")),
    }
}

/// A value for a label.
pub(super) fn brief_value(value: &Value) -> String {
    cut(&show_value(value))
}

/// Text for a label: cut where it is long.
pub(super) fn cut(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or(text)),
        None => text.to_owned(),
    }
}

/// Items as a script has them, variables replaced by their values.
pub(super) fn show_items(items: &[ImapItem], bindings: &Bindings) -> String {
    items.iter().map(|item| show_item(item, bindings)).collect::<Vec<_>>().join(" ")
}

pub(super) fn show_item(item: &ImapItem, bindings: &Bindings) -> String {
    match item {
        ImapItem::Word(octets) => plain(octets),
        ImapItem::Mixed(text) => describe(text, bindings),
        ImapItem::String(text) => format!("\"{}\"", describe(text, bindings)),
        ImapItem::List(items) => format!("({})", show_items(items, bindings)),
        ImapItem::Variable { name, filters, span } => match bindings.value(name, filters, *span) {
            // A number reads as the server would have sent it.
            Ok(octets) if !octets.is_empty() && octets.iter().all(u8::is_ascii_digit) => plain(&octets),
            Ok(octets) => quote(&octets),
            Err(_) => format!("${{{name}}}"),
        },
        ImapItem::Capture { kind, .. } => format!("<{}>", kind.describe()),
        ImapItem::Others => "...".into(),
    }
}

/// Octets without quotes around them.
fn plain(octets: &[u8]) -> String {
    let quoted = quote(octets);
    if octets.iter().all(|octet| matches!(octet, b' '..=b'~')) {
        String::from_utf8_lossy(octets).into_owned()
    } else {
        quoted
    }
}
