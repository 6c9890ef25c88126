//! The grammar of the untagged responses and response codes of RFC 3501, section 9.
//!
//! Judged is what RFC 3501 and RFC 9051 both forbid; names that are not here
//! are an extension's affair.

use super::super::rules::{self, Rule};
use super::message;
use super::value::Value;

/// The largest number of RFC 3501 (32 bits).
const NUMBER: u64 = 0xffff_ffff;

/// The rule by which a response of this name is judged, if the name is known.
pub(super) fn rule_of(items: &[Value]) -> Option<Rule> {
    let (name, numbered) = match items {
        [number, name, ..] if number.number().is_some() => (name.upper(), true),
        [name, ..] => (name.upper(), false),
        [] => return None,
    };
    match (name.as_str(), numbered) {
        ("FLAGS", false) => Some(rules::IMAP_FLAGS),
        ("LIST" | "LSUB", false) => Some(rules::IMAP_LIST),
        ("SEARCH", false) => Some(rules::IMAP_SEARCH),
        ("STATUS", false) => Some(rules::IMAP_STATUS),
        ("CAPABILITY", false) => Some(rules::IMAP_CAPABILITY),
        ("EXISTS" | "RECENT" | "EXPUNGE", true) => Some(rules::IMAP_NUMBERED),
        ("FETCH", true) => Some(rules::IMAP_MSG_ATT),
        _ => None,
    }
}

/// The rules that a data response breaks.
pub(super) fn judge(items: &[Value]) -> Vec<Rule> {
    let Some(rule) = rule_of(items) else { return Vec::new() };
    let sound = match rule {
        rules::IMAP_FLAGS => matches!(items, [_, Value::List(flags)] if flags.iter().all(is_flag)),
        rules::IMAP_LIST => is_mailbox_list(items),
        rules::IMAP_SEARCH => is_search(items),
        rules::IMAP_STATUS => is_status(items),
        rules::IMAP_CAPABILITY => is_capability(items),
        rules::IMAP_NUMBERED => is_numbered(items),
        _ => return message::judge_fetch(items),
    };
    if sound { Vec::new() } else { vec![rule] }
}

/// The rules that a response code breaks (`resp-text-code`).
pub(super) fn judge_code(items: &[Value]) -> Vec<Rule> {
    let Some((name, arguments)) = items.split_first() else { return vec![rules::IMAP_CODE] };
    let sound = match name.upper().as_str() {
        "ALERT" | "PARSE" | "READ-ONLY" | "READ-WRITE" | "TRYCREATE" => arguments.is_empty(),
        "UIDNEXT" | "UIDVALIDITY" | "UNSEEN" => matches!(arguments, [number] if is_nz_number(number)),
        "PERMANENTFLAGS" => {
            matches!(arguments, [Value::List(flags)] if flags.iter().all(|flag| is_flag(flag) || flag.is_word("\\*")))
        }
        "CAPABILITY" if !is_capability(items) => return vec![rules::IMAP_CAPABILITY],
        _ => true,
    };
    if sound { Vec::new() } else { vec![rules::IMAP_CODE] }
}

/// `flag`, `\Recent` among them: an atom, perhaps with a backslash in front.
pub(super) fn is_flag(value: &Value) -> bool {
    let Some(atom) = value.atom() else { return false };
    let atom = atom.strip_prefix(b"\\").unwrap_or(atom);
    !atom.is_empty() && atom.iter().all(|&octet| is_atom_char(octet))
}

/// `nz-number`: no leading zero, 32 bits.
pub(super) fn is_nz_number(value: &Value) -> bool {
    value.atom().is_some_and(|atom| !atom.starts_with(b"0"))
        && value.number().is_some_and(|number| (1..=NUMBER).contains(&number))
}

/// `number`: 32 bits.
fn is_number(value: &Value) -> bool {
    value.number().is_some_and(|number| number <= NUMBER)
}

/// `ATOM-CHAR` (RFC 3501, section 9).
fn is_atom_char(octet: u8) -> bool {
    octet.is_ascii_graphic() && !b"(){%*\"\\]".contains(&octet)
}

/// `mailbox = "INBOX" / astring`.
fn is_mailbox(value: &Value) -> bool {
    match value {
        Value::Atom(atom) => atom.iter().all(|&octet| octet == b']' || is_atom_char(octet)),
        Value::Quoted(_) | Value::Literal(_) => true,
        Value::Literal8(_) | Value::List(_) => false,
    }
}

/// `mailbox-list`, with the extended items of RFC 5258.
fn is_mailbox_list(items: &[Value]) -> bool {
    let [_, Value::List(attributes), delimiter, mailbox, extended @ ..] = items else { return false };
    let selectability =
        |value: &&Value| ["\\Noselect", "\\Marked", "\\Unmarked"].iter().any(|flag| value.is_word(flag));
    let delimiter = match delimiter {
        Value::Quoted(text) => {
            text.len() == 1 || std::str::from_utf8(text).is_ok_and(|t| t.chars().count() == 1)
        }
        other => other.is_nil(),
    };
    attributes.iter().all(|flag| is_flag(flag) && flag.atom().is_some_and(|atom| atom.starts_with(b"\\")))
        && attributes.iter().filter(selectability).count() <= 1
        && delimiter
        && is_mailbox(mailbox)
        && matches!(extended, [] | [Value::List(_)])
}

/// `"SEARCH" *(SP nz-number)`, with the `(MODSEQ n)` of RFC 7162.
fn is_search(items: &[Value]) -> bool {
    let numbers = match items {
        [_, numbers @ .., Value::List(_)] | [_, numbers @ ..] => numbers,
        [] => return false,
    };
    numbers.iter().all(is_nz_number)
}

/// `"STATUS" SP mailbox SP "(" [status-att-list] ")"`.
fn is_status(items: &[Value]) -> bool {
    let [_, mailbox, Value::List(list)] = items else { return false };
    let pair_is_sound = |pair: &[Value]| match pair {
        [name, value] => match name.upper().as_str() {
            "" => false,
            "MESSAGES" | "RECENT" | "UIDNEXT" | "UIDVALIDITY" | "UNSEEN" => is_number(value),
            _ => true,
        },
        _ => false,
    };
    is_mailbox(mailbox) && list.chunks(2).all(pair_is_sound)
}

/// `capability-data`: atoms, IMAP4rev1 or IMAP4rev2 among them.
fn is_capability(items: &[Value]) -> bool {
    let atoms = items.iter().all(|item| item.atom().is_some());
    atoms && items.iter().any(|item| item.is_word("IMAP4rev1") || item.is_word("IMAP4rev2"))
}

/// `number SP "EXISTS"`, `number SP "RECENT"`, `nz-number SP "EXPUNGE"`.
fn is_numbered(items: &[Value]) -> bool {
    match items {
        [number, name] if name.is_word("EXPUNGE") => is_nz_number(number),
        [number, _] => is_number(number),
        _ => false,
    }
}
