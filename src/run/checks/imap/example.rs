//! A response that an expectation fits, made from its pattern: what a forbidden one looks like.

use crate::run::bindings::Bindings;
use crate::script::pattern::{CaptureType, ImapData, ImapExpectation, ImapItem, TextPart, TextPattern};

/// An untagged response that the expectation fits, with its line end; `None` where the pattern
/// does not say enough, as behind a regular expression.
#[must_use]
pub(crate) fn example(expectation: &ImapExpectation, bindings: &Bindings) -> Option<Vec<u8>> {
    let ImapExpectation::Untagged { data, .. } = expectation else { return None };
    let mut line = b"* ".to_vec();
    match data {
        ImapData::Items(list) => line.extend(items(list, bindings)?),
        ImapData::Status { status, code } => {
            line.extend_from_slice(status.as_str().as_bytes());
            if let Some(code) = code {
                line.extend_from_slice(b" [");
                line.extend(items(&code.items, bindings)?);
                line.push(b']');
            }
            line.extend_from_slice(b" as an example");
        }
    }
    line.extend_from_slice(b"\r\n");
    Some(line)
}

fn items(list: &[ImapItem], bindings: &Bindings) -> Option<Vec<u8>> {
    let said = list.iter().filter(|one| !matches!(one, ImapItem::Others));
    let said: Vec<Vec<u8>> = said.map(|one| item(one, bindings)).collect::<Option<_>>()?;
    Some(said.join(&b' '))
}

fn item(item: &ImapItem, bindings: &Bindings) -> Option<Vec<u8>> {
    match item {
        ImapItem::Word(octets) => Some(octets.clone()),
        ImapItem::Mixed(pattern) => text(pattern, bindings),
        ImapItem::String(pattern) => Some(quoted(&text(pattern, bindings)?)),
        ImapItem::List(list) => Some([b"(", items(list, bindings)?.as_slice(), b")"].concat()),
        ImapItem::Variable { name, filters, span } => {
            let value = bindings.value(name, filters, *span).ok()?;
            let is_word = !value.is_empty() && value.iter().all(|octet| is_plain(*octet));
            Some(if is_word { value } else { quoted(&value) })
        }
        ImapItem::Capture { kind, .. } => capture(kind),
        ImapItem::Others => Some(Vec::new()),
    }
}

/// A text that the pattern fits.
#[must_use]
pub(crate) fn text(pattern: &TextPattern, bindings: &Bindings) -> Option<Vec<u8>> {
    let part = |part: &TextPart| match part {
        TextPart::Octets(octets) => Some(octets.clone()),
        TextPart::Variable { name, filters, span } => bindings.value(name, filters, *span).ok(),
        TextPart::Capture { kind, .. } => capture(kind),
        TextPart::Any => Some(Vec::new()),
    };
    Some(pattern.parts.iter().map(part).collect::<Option<Vec<_>>>()?.concat())
}

fn capture(kind: &CaptureType) -> Option<Vec<u8>> {
    let example: &[u8] = match kind {
        CaptureType::Number | CaptureType::Set => b"1",
        CaptureType::Word | CaptureType::Text | CaptureType::Atom => b"example",
        CaptureType::String | CaptureType::Any => b"\"/\"",
        CaptureType::Payload | CaptureType::Regex(_) => return None,
    };
    Some(example.to_vec())
}

fn quoted(octets: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    for &octet in octets {
        if matches!(octet, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(octet);
    }
    out.push(b'"');
    out
}

/// Whether an octet may stand in a word of any kind (RFC 3501, section 9, ATOM-CHAR, and a flag's `\`).
fn is_plain(octet: u8) -> bool {
    octet.is_ascii_graphic() && !b"(){%*\"]".contains(&octet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::imap::Framer;
    use crate::dialect::{Framing, Limits};
    use crate::run::checks::imap::match_response;
    use crate::script::pattern::Cardinality;
    use crate::script::pattern::imap::parse;

    #[test]
    fn an_example_fits_its_pattern() {
        let mut bindings = Bindings::new();
        bindings.set("box", b"a b".to_vec());
        bindings.set("flag", br"\Seen".to_vec());
        for pattern in [
            "* ${_ = number} EXPUNGE",
            r"* LIST (\Noselect ...) ${_ = any} ${box | quoted}",
            "* 1 FETCH (FLAGS (${flag} ...) UID 4)",
            "* OK [PERMANENTFLAGS (${flag} ...)]",
            "* THREAD (2 ...) ...",
            r#"* METADATA "" (... "two" ...)"#,
        ] {
            let pattern = parse(pattern, Cardinality::Forbidden, 0).unwrap();
            let octets = example(&pattern, &bindings).unwrap();
            let Framing::Complete { item, .. } = Framer::new(Limits::IMAP).frame(&octets) else {
                panic!("{} is not whole", String::from_utf8_lossy(&octets));
            };
            let matched = match_response(&pattern, &item, &mut bindings);
            assert!(matched.is_ok(), "{}: {matched:?}", String::from_utf8_lossy(&octets));
        }
    }
}
