//! From the octets of a whole response to what it says, with what is wrong with it.

use super::super::Stream;
use super::super::rules;
use super::grammar;
use super::value::{End, Problem, Row, Value, read_row};
use super::{Code, Kind, Response, Status, Violations};

/// Reads a response; `stream` says whether it is whole.
pub(super) fn read(raw: Vec<u8>, stream: Stream) -> Response {
    let mut violations = Violations::default();
    let body = raw.strip_suffix(b"\n").map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    if stream == Stream::Usable && !raw.ends_with(b"\r\n") {
        violations.add(rules::IMAP_CRLF, &raw);
    }
    let kind = read_kind(body.unwrap_or(&raw), stream, &mut violations);
    Response { kind, violations: violations.found, stream, raw }
}

fn read_kind(body: &[u8], stream: Stream, violations: &mut Violations) -> Kind {
    if let Some(rest) = body.strip_prefix(b"* ") {
        return read_untagged(rest, stream, violations);
    }
    if let Some(text) = body.strip_prefix(b"+ ") {
        judge_text(text, violations);
        return Kind::Continuation { text: text.to_vec() };
    }
    if body == b"+" {
        violations.add(rules::IMAP_RESPONSE, body);
        return Kind::Continuation { text: Vec::new() };
    }
    read_tagged(body, violations)
}

fn read_tagged(body: &[u8], violations: &mut Violations) -> Kind {
    judge_text(body, violations);
    let end = body.iter().position(|&octet| octet == b' ').unwrap_or(0);
    let (tag, rest) = body.split_at_checked(end).unwrap_or_default();
    if tag.is_empty() || !tag.iter().all(|&octet| is_tag_char(octet)) {
        violations.add(rules::IMAP_RESPONSE, body);
        return Kind::Garbled;
    }
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    let (word, behind) = split_word(rest);
    let status = Status::from_word(word);
    match status {
        Some(Status::Ok | Status::No | Status::Bad) => {}
        Some(Status::Bye | Status::Preauth) | None => violations.add(rules::IMAP_TAGGED_STATUS, body),
    }
    let (code, text) = match status {
        Some(_) => read_resp_text(behind, body, violations),
        None => (None, behind.to_vec()),
    };
    Kind::Tagged { tag: tag.to_vec(), status, code, text }
}

fn read_untagged(rest: &[u8], stream: Stream, violations: &mut Violations) -> Kind {
    let (word, behind) = split_word(rest);
    if let Some(status) = Status::from_word(word) {
        judge_text(rest, violations);
        let (code, text) = read_resp_text(behind, rest, violations);
        return Kind::Status { status, code, text };
    }
    let row = read_row(rest, End::Octets);
    if row.values.is_empty() {
        violations.add(rules::IMAP_RESPONSE, rest);
    }
    // Half a response is judged by what it lacks: the runner knows that it was cut off.
    if stream == Stream::Usable {
        judge_data(rest, &row, violations);
    }
    Kind::Data { items: row.values }
}

fn judge_data(rest: &[u8], row: &Row, violations: &mut Violations) {
    if row.problems.contains(&Problem::LiteralPlus) {
        violations.add(rules::IMAP_LITERAL_PLUS, rest);
    }
    if has_nul(&row.values) {
        violations.add(rules::IMAP_NUL, rest);
    }
    let Some(rule) = grammar::rule_of(&row.values) else { return };
    if row.problems.contains(&Problem::Depth) {
        return;
    }
    if !row.is_whole() {
        violations.add(rule, rest);
        return;
    }
    if row.problems.contains(&Problem::Space) {
        violations.add(rules::IMAP_SPACE, rest);
    }
    for broken in grammar::judge(&row.values) {
        violations.add(broken, rest);
    }
}

/// Whether a NUL stands anywhere but in a binary literal.
fn has_nul(values: &[Value]) -> bool {
    values.iter().any(|value| match value {
        Value::Atom(octets) | Value::Quoted(octets) | Value::Literal(octets) => octets.contains(&0),
        Value::Literal8(_) => false,
        Value::List(values) => has_nul(values),
    })
}

/// Text outside data: no NUL, no bare CR or LF.
fn judge_text(text: &[u8], violations: &mut Violations) {
    if text.contains(&0) {
        violations.add(rules::IMAP_NUL, text);
    }
    let bare = |(at, &octet): (usize, &u8)| octet == b'\r' && text.get(at + 1) != Some(&b'\n');
    if text.iter().enumerate().any(bare) {
        violations.add(rules::IMAP_CRLF, text);
    }
}

/// `resp-text = ["[" resp-text-code "]" SP] text`, with the space before it; `whole` is what is quoted.
fn read_resp_text(behind: &[u8], whole: &[u8], violations: &mut Violations) -> (Option<Code>, Vec<u8>) {
    let Some(text) = behind.strip_prefix(b" ") else {
        violations.add(rules::IMAP_RESP_TEXT, whole);
        return (None, behind.to_vec());
    };
    let Some((code, behind)) = read_code(text) else { return (None, text.to_vec()) };
    for rule in grammar::judge_code(&code.items) {
        violations.add(rule, whole);
    }
    let Some(text) = behind.strip_prefix(b" ") else {
        violations.add(rules::IMAP_RESP_TEXT, whole);
        return (Some(code), behind.to_vec());
    };
    (Some(code), text.to_vec())
}

/// `"[" resp-text-code "]"` at the head of a text, and what stands behind it; `None` when it is not closed.
fn read_code(text: &[u8]) -> Option<(Code, &[u8])> {
    let inner = text.strip_prefix(b"[")?;
    let row = read_row(inner, End::Bracket);
    let (items, end) = if row.is_whole() && !row.values.is_empty() {
        (row.values, row.end.checked_sub(1)?)
    } else {
        // An unknown code may hold any text up to the first bracket.
        let end = inner.iter().position(|&octet| octet == b']')?;
        let words = inner.get(..end)?.split(|&octet| octet == b' ').filter(|word| !word.is_empty());
        (words.map(|word| Value::Atom(word.to_vec())).collect(), end)
    };
    let raw = inner.get(..end)?.to_vec();
    Some((Code { items, raw }, inner.get(end + 1..)?))
}

/// The first word, and what stands behind it with its space.
fn split_word(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|&octet| octet == b' ').unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or_default()
}

/// `tag = 1*<any ASTRING-CHAR except "+">` (RFC 3501, section 9).
fn is_tag_char(octet: u8) -> bool {
    octet.is_ascii_graphic() && !b"(){%*\"\\+".contains(&octet)
}
