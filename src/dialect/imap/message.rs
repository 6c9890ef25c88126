//! The grammar of FETCH: `msg-att`, `envelope`, `body`, `date-time` (RFC 3501, section 9).

use super::super::rules::{self, Rule};
use super::grammar::{is_flag, is_nz_number};
use super::value::Value;

/// `nz-number SP "FETCH" SP msg-att`: the rules it breaks.
pub(super) fn judge_fetch(items: &[Value]) -> Vec<Rule> {
    let [number, _, Value::List(attributes)] = items else { return vec![rules::IMAP_MSG_ATT] };
    if !is_nz_number(number) || attributes.is_empty() || !attributes.len().is_multiple_of(2) {
        return vec![rules::IMAP_MSG_ATT];
    }
    let judged = attributes.chunks(2).map(|pair| match pair {
        [name, value] => judge_item(name, value),
        _ => Some(rules::IMAP_MSG_ATT),
    });
    judged.flatten().collect()
}

fn judge_item(name: &Value, value: &Value) -> Option<Rule> {
    let upper = name.upper();
    let (sound, rule) = match upper.as_str() {
        "" => (false, rules::IMAP_MSG_ATT),
        "FLAGS" => (value.list().is_some_and(|flags| flags.iter().all(is_flag)), rules::IMAP_MSG_ATT),
        "UID" => (is_nz_number(value), rules::IMAP_MSG_ATT),
        "RFC822.SIZE" => (value.number().is_some(), rules::IMAP_MSG_ATT),
        "INTERNALDATE" => (is_date_time(value), rules::IMAP_DATE_TIME),
        "ENVELOPE" => (is_envelope(value), rules::IMAP_ENVELOPE),
        "BODYSTRUCTURE" => (body(value).is_some(), rules::IMAP_BODY),
        "BODY" => return judge_plain_body(value),
        "RFC822" | "RFC822.HEADER" | "RFC822.TEXT" => (value.is_nstring(), rules::IMAP_MSG_ATT),
        name if name.starts_with("BODY[") => (value.is_nstring(), rules::IMAP_MSG_ATT),
        _ => (true, rules::IMAP_MSG_ATT),
    };
    (!sound).then_some(rule)
}

/// `BODY` without a section is a body structure without extension data.
fn judge_plain_body(value: &Value) -> Option<Rule> {
    match body(value) {
        None => Some(rules::IMAP_BODY),
        Some(Extension::None) => None,
        Some(Extension::OfPart) => Some(rules::IMAP_BODY_EXTENSION),
        Some(Extension::OfMultipart) => Some(rules::IMAP_BODY_MULTIPART_EXTENSION),
    }
}

/// `date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE`.
fn is_date_time(value: &Value) -> bool {
    const MONTHS: [&[u8]; 12] =
        [b"JAN", b"FEB", b"MAR", b"APR", b"MAY", b"JUN", b"JUL", b"AUG", b"SEP", b"OCT", b"NOV", b"DEC"];
    let Value::Quoted(text) = value else { return false };
    let shape = b"d0-mmm-0000 00:00:00 s0000";
    let fits = |(&octet, &shape): (&u8, &u8)| match shape {
        b'd' => octet == b' ' || octet.is_ascii_digit(),
        b'0' => octet.is_ascii_digit(),
        b'm' => octet.is_ascii_alphabetic(),
        b's' => octet == b'+' || octet == b'-',
        exact => octet == exact,
    };
    text.len() == shape.len()
        && text.iter().zip(shape).all(fits)
        && text.get(3..6).is_some_and(|month| MONTHS.contains(&month.to_ascii_uppercase().as_slice()))
}

/// Ten fields: date, subject, six lists of addresses, in-reply-to, message-id.
fn is_envelope(value: &Value) -> bool {
    let Some([date, subject, addresses @ .., in_reply_to, message_id]) = value.list() else { return false };
    addresses.len() == 6
        && [date, subject, in_reply_to, message_id].into_iter().all(Value::is_nstring)
        && addresses.iter().all(is_address_list)
}

/// `"(" 1*address ")" / nil`.
fn is_address_list(value: &Value) -> bool {
    let is_address = |value: &Value| {
        value.list().is_some_and(|parts| parts.len() == 4 && parts.iter().all(Value::is_nstring))
    };
    value.is_nil() || value.list().is_some_and(|list| !list.is_empty() && list.iter().all(is_address))
}

/// Whether a body structure holds extension data, and whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extension {
    None,
    OfPart,
    OfMultipart,
}

impl Extension {
    fn or(self, other: Self) -> Self {
        if self == Self::None { other } else { self }
    }
}

/// `body = "(" (body-type-1part / body-type-mpart) ")"`; `None` when it is none.
fn body(value: &Value) -> Option<Extension> {
    let parts = value.list()?;
    match parts.first()? {
        Value::List(_) => multipart(parts),
        _ => part(parts),
    }
}

/// `body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart]`.
fn multipart(parts: &[Value]) -> Option<Extension> {
    let bodies = parts.iter().take_while(|part| part.list().is_some()).count();
    let (bodies, rest) = parts.split_at_checked(bodies)?;
    let mut found = Extension::None;
    for value in bodies {
        found = found.or(body(value)?);
    }
    let (subtype, extension) = rest.split_first()?;
    subtype.string()?;
    match extension {
        [] => Some(found),
        [parameters, rest @ ..] if is_parameters(parameters) && is_extension(rest) => {
            Some(found.or(Extension::OfMultipart))
        }
        _ => None,
    }
}

/// `body-type-1part`: media type, six fields, and what text and messages have more.
fn part(parts: &[Value]) -> Option<Extension> {
    let [kind, subtype, parameters, id, description, encoding, octets, rest @ ..] = parts else {
        return None;
    };
    let (kind, subtype) = (kind.string()?, subtype.string()?);
    let fields = is_parameters(parameters)
        && id.is_nstring()
        && description.is_nstring()
        && encoding.string().is_some()
        && octets.number().is_some();
    if !fields {
        return None;
    }
    let is_message = kind.eq_ignore_ascii_case(b"MESSAGE") && subtype.eq_ignore_ascii_case(b"RFC822");
    let (inner, extension) = if kind.eq_ignore_ascii_case(b"TEXT") {
        let (lines, rest) = rest.split_first()?;
        lines.number()?;
        (Extension::None, rest)
    } else if is_message {
        let [envelope, inside, lines, rest @ ..] = rest else { return None };
        lines.number()?;
        (is_envelope(envelope).then(|| body(inside))??, rest)
    } else {
        (Extension::None, rest_without_message_fields(rest))
    };
    match extension {
        [] => Some(inner),
        [md5, rest @ ..] if md5.is_nstring() && is_extension(rest) => Some(inner.or(Extension::OfPart)),
        _ => None,
    }
}

/// MESSAGE/GLOBAL has the fields of a message too in RFC 9051, and not in RFC 3501: both are let pass.
fn rest_without_message_fields(rest: &[Value]) -> &[Value] {
    match rest {
        [Value::List(_), Value::List(_), lines, behind @ ..] if lines.number().is_some() => behind,
        _ => rest,
    }
}

/// `"(" string SP string *(SP string SP string) ")" / nil`.
fn is_parameters(value: &Value) -> bool {
    let strings = |list: &[Value]| {
        !list.is_empty() && list.len().is_multiple_of(2) && list.iter().all(|value| value.string().is_some())
    };
    value.is_nil() || value.list().is_some_and(strings)
}

/// `[SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc *(SP body-extension)]]]`.
fn is_extension(values: &[Value]) -> bool {
    let disposition = |value: &Value| {
        value.is_nil()
            || matches!(value.list(), Some([kind, parameters]) if kind.string().is_some() && is_parameters(parameters))
    };
    let language = |value: &Value| {
        let strings = |list: &[Value]| !list.is_empty() && list.iter().all(|value| value.string().is_some());
        value.is_nstring() || value.list().is_some_and(strings)
    };
    match values {
        [] => true,
        [first] => disposition(first),
        [first, second] => disposition(first) && language(second),
        [first, second, third, ..] => disposition(first) && language(second) && third.is_nstring(),
    }
}
