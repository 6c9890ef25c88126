//! A message given as a tree of its MIME parts (RFC 2045, RFC 2046), made into its text.
//!
//! The harness's own composer, for what is sent: it makes what the tree says, right or wrong, and
//! adds only what was left out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::payload::{LineEnds, text_or_source, with_crlf};
use super::scope::Scope;
use super::{Context, texts};
use crate::script::construct::MIME;
use crate::script::template::{Escapes, Part, Template};
use crate::source::{Fields, Node, Span};

/// How deep parts may hold parts.
const MAX_DEPTH: usize = 50;
/// Characters of a line of base64 and quoted-printable (RFC 2045, sections 6.7 and 6.8).
const LINE: usize = 76;

/// How a body is encoded for transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// As it is, whatever the field says.
    None(&'static str),
    Base64,
    QuotedPrintable,
}

const ENCODINGS: [(&str, Encoding); 5] = [
    ("7bit", Encoding::None("7bit")),
    ("8bit", Encoding::None("8bit")),
    ("binary", Encoding::None("binary")),
    ("base64", Encoding::Base64),
    ("quoted-printable", Encoding::QuotedPrintable),
];

/// The words of all encodings.
pub(in crate::script) fn encodings() -> Vec<&'static str> {
    ENCODINGS.iter().map(|(word, _)| *word).collect()
}

/// Reads a tree into the text of a message: header, empty line, body.
pub(super) fn read(context: &mut Context<'_>, scope: &Scope, node: &Node) -> Option<Template> {
    message(context, scope, node, &mut vec![1])
}

/// A whole message: an entity with `MIME-Version`.
fn message(context: &mut Context<'_>, scope: &Scope, node: &Node, path: &mut Vec<usize>) -> Option<Template> {
    let mut text = Template { parts: Vec::new(), span: node.span };
    if !has_header(node, "MIME-Version") {
        text.push_octets(b"MIME-Version: 1.0\r\n");
    }
    text.append(entity(context, scope, node, path)?);
    Some(text)
}

fn has_header(node: &Node, name: &str) -> bool {
    let entries = node.entries().unwrap_or_default();
    let headers = entries.iter().find(|entry| entry.key == "headers");
    let headers = headers.and_then(|entry| entry.value.entries()).unwrap_or_default();
    headers.iter().any(|entry| entry.key.eq_ignore_ascii_case(name))
}

/// A part: its fields, the empty line and its body; `path` is its number, outermost first.
fn entity(context: &mut Context<'_>, scope: &Scope, node: &Node, path: &mut Vec<usize>) -> Option<Template> {
    if path.len() > MAX_DEPTH {
        let help = "take parts out, or use a file";
        context.decoder.mistake_help(node.span, format!("parts nested deeper than {MAX_DEPTH}"), help);
        return None;
    }
    let fields = context.fields(node, MIME)?;
    let kind = content_kind(context, scope, &fields, node.span, path)?;
    let mut text = Template { parts: Vec::new(), span: node.span };
    let mut sound = true;
    if let Some(headers) =
        fields.get("headers").and_then(|node| context.decoder.open_fields(node, "`headers`"))
    {
        for entry in headers.entries {
            let value = texts::template(context, scope, &entry.value, "a header field", Escapes::Kept);
            sound &= value.is_some();
            field(&mut text, &entry.key, value.unwrap_or_default());
        }
    }
    field(&mut text, "Content-Type", kind.field);
    let encoding =
        fields.get("encoding").and_then(|node| context.decoder.choice(node, "encoding", &ENCODINGS));
    if let Some(encoding) = encoding {
        let word = ENCODINGS.iter().find(|(_, known)| *known == encoding).map_or("", |(word, _)| *word);
        field(&mut text, "Content-Transfer-Encoding", Template::literal(word, node.span));
    }
    for (key, name) in
        [("disposition", "Content-Disposition"), ("id", "Content-ID"), ("description", "Content-Description")]
    {
        if let Some(node) = fields.get(key) {
            let value = texts::template(context, scope, node, &format!("`{key}`"), Escapes::Kept);
            sound &= value.is_some();
            field(&mut text, name, value.unwrap_or_default());
        }
    }
    text.push_octets(b"\r\n");
    let body = body(context, scope, &fields, node.span, &kind.boundary, path)?;
    text.append(encoded(context, body, encoding, node.span)?);
    sound.then_some(text)
}

/// The value of Content-Type, and the boundary of a multipart.
struct Kind {
    field: Template,
    boundary: Vec<u8>,
}

fn content_kind(
    context: &mut Context<'_>,
    scope: &Scope,
    fields: &Fields<'_>,
    span: Span,
    path: &[usize],
) -> Option<Kind> {
    let default = match (fields.get("parts"), fields.get("message")) {
        (Some(_), _) => "multipart/mixed",
        (None, Some(_)) => "message/rfc822",
        (None, None) => "text/plain",
    };
    let mut field = match fields.get("type") {
        Some(node) => texts::template(context, scope, node, "`type`", Escapes::Kept)?,
        None => Template::literal(default, span),
    };
    let mut boundary: Option<Vec<u8>> = None;
    let given = fields.get("parameters").and_then(|node| context.decoder.open_fields(node, "`parameters`"));
    for entry in given.map(|given| given.entries).unwrap_or_default() {
        let value = texts::template(context, scope, &entry.value, "a parameter", Escapes::Kept)?;
        if entry.key.eq_ignore_ascii_case("boundary") {
            boundary = value.constant();
        }
        field.push_octets(format!("; {}=\"", entry.key).as_bytes());
        field.append(value);
        field.push_octets(b"\"");
    }
    let numbers: Vec<String> = path.iter().map(usize::to_string).collect();
    let ours = format!("part-{}-ends", numbers.join("."));
    if boundary.is_none() && fields.get("parts").is_some() {
        field.push_octets(format!("; boundary=\"{ours}\"").as_bytes());
    }
    Some(Kind { field, boundary: boundary.unwrap_or_else(|| ours.into_bytes()) })
}

fn body(
    context: &mut Context<'_>,
    scope: &Scope,
    fields: &Fields<'_>,
    span: Span,
    boundary: &[u8],
    path: &mut Vec<usize>,
) -> Option<Template> {
    let contents = ["body", "parts", "message"].map(|key| fields.entry(key));
    let mut contents = contents.into_iter().flatten();
    let first = contents.next();
    if let (Some(first), Some(second)) = (first, contents.next()) {
        let message = format!("`{}` has no place beside `{}`", second.key, first.key);
        context.decoder.mistake_help(second.key_span, message, "a part has one content");
        return None;
    }
    let Some(entry) = first else { return Some(Template::literal("", span)) };
    match entry.key.as_str() {
        "parts" => multipart(context, scope, fields, &entry.value, boundary, path),
        "message" => {
            path.push(1);
            let message = message(context, scope, &entry.value, path);
            path.pop();
            message
        }
        _ => text_or_source(context, scope, &entry.value, "`body`", LineEnds::Kept)
            .map(lines_as_crlf_unless_made),
    }
}

/// Text of the script gets CRLF; octets that a rule made are as they are, and hold no line that the
/// script wrote.
fn lines_as_crlf_unless_made(text: Template) -> Template {
    let parts = text.parts.into_iter().map(|part| match part {
        Part::Octets(octets) if std::str::from_utf8(&octets).is_ok() => Part::Octets(with_crlf(&octets)),
        other => other,
    });
    Template { parts: parts.collect(), span: text.span }
}

/// `multipart-body` (RFC 2046, section 5.1.1): the CRLF before a delimiter belongs to it.
fn multipart(
    context: &mut Context<'_>,
    scope: &Scope,
    fields: &Fields<'_>,
    node: &Node,
    boundary: &[u8],
    path: &mut Vec<usize>,
) -> Option<Template> {
    let items = context.decoder.list(node, "`parts`")?;
    let mut text = Template { parts: Vec::new(), span: node.span };
    let around = |context: &mut Context<'_>, key: &str| {
        let node = fields.get(key)?;
        texts::template(context, scope, node, &format!("`{key}`"), Escapes::Kept)
            .map(lines_as_crlf_unless_made)
    };
    if let Some(preamble) = around(context, "preamble") {
        text.append(preamble);
        text.push_octets(b"\r\n");
    }
    let mut sound = true;
    for (item, number) in items.iter().zip(1..) {
        delimiter(&mut text, boundary, b"");
        path.push(number);
        let part = entity(context, scope, item, path);
        path.pop();
        sound &= part.is_some();
        text.append(part.unwrap_or_default());
        text.push_octets(b"\r\n");
    }
    delimiter(&mut text, boundary, b"--");
    if let Some(epilogue) = around(context, "epilogue") {
        text.append(epilogue);
    }
    sound.then_some(text)
}

fn delimiter(text: &mut Template, boundary: &[u8], end: &[u8]) {
    for octets in [b"--", boundary, end, b"\r\n"] {
        text.push_octets(octets);
    }
}

fn field(text: &mut Template, name: &str, value: Template) {
    text.push_octets(name.as_bytes());
    text.push_octets(b": ");
    text.append(value);
    text.push_octets(b"\r\n");
}

/// The body as its encoding has it; one that is computed cannot hold what only the run knows.
fn encoded(
    context: &mut Context<'_>,
    body: Template,
    encoding: Option<Encoding>,
    span: Span,
) -> Option<Template> {
    let encode = match encoding {
        None | Some(Encoding::None(_)) => return Some(body),
        Some(Encoding::Base64) => base64,
        Some(Encoding::QuotedPrintable) => quoted_printable,
    };
    let Some(octets) = body.constant() else {
        let message = "a body that is encoded reads no variables";
        let help = "its octets are made when the script is read: write them out, or leave `encoding` out";
        context.decoder.mistake_help(body.span, message, help);
        return None;
    };
    Some(Template::literal(encode(&octets), span))
}

fn base64(octets: &[u8]) -> Vec<u8> {
    let text = STANDARD.encode(octets);
    let mut lines = Vec::with_capacity(text.len() + text.len() / LINE * 2 + 2);
    for line in text.as_bytes().chunks(LINE) {
        lines.extend_from_slice(line);
        lines.extend_from_slice(b"\r\n");
    }
    lines
}

/// RFC 2045, section 6.7: line ends stay, what is not printable is `=HH`, long lines are cut softly.
fn quoted_printable(octets: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut column = 0;
    let mut rest = octets;
    while let Some((&octet, behind)) = rest.split_first() {
        if let Some(behind) = rest.strip_prefix(b"\r\n") {
            text.extend_from_slice(b"\r\n");
            (column, rest) = (0, behind);
            continue;
        }
        let ends_line = behind.is_empty() || behind.starts_with(b"\r\n");
        let plain = (octet.is_ascii_graphic() && octet != b'=') || (octet == b' ' && !ends_line);
        let piece = if plain { vec![octet] } else { format!("={octet:02X}").into_bytes() };
        if column + piece.len() >= LINE {
            text.extend_from_slice(b"=\r\n");
            column = 0;
        }
        column += piece.len();
        text.extend_from_slice(&piece);
        rest = behind;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::testing::{RULE, case, mistakes};
    use super::*;
    use crate::script::model::{Action, Data};

    fn steps(mime: &str) -> String {
        format!(
            "steps:\n  - greet\n  - data: {{mime: {mime}}}\n  - check: {{value: a, equals: a, law: {RULE}}}\n"
        )
    }

    fn text(mime: &str) -> String {
        let Action::Data(Data::Message(text)) = &case("smtp", &steps(mime)).steps[1].action else { panic!() };
        String::from_utf8(text.constant().unwrap()).unwrap()
    }

    #[test]
    fn a_tree_becomes_a_message() {
        assert_eq!(
            text(
                "{headers: {Subject: two}, parts: [{body: one}, {type: text/html, encoding: base64, body: é}, {message: {body: in}}]}"
            ),
            "MIME-Version: 1.0\r\nSubject: two\r\nContent-Type: multipart/mixed; boundary=\"part-1-ends\"\r\n\r\n\
             --part-1-ends\r\nContent-Type: text/plain\r\n\r\none\r\n\
             --part-1-ends\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\nw6k=\r\n\r\n\
             --part-1-ends\r\nContent-Type: message/rfc822\r\n\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nin\r\n\
             --part-1-ends--\r\n"
        );
    }

    #[test]
    fn a_body_is_encoded_as_its_rfc_says() {
        assert_eq!(quoted_printable(b"a=b \r\nc\xff"), b"a=3Db=20\r\nc=FF");
        let long = quoted_printable(&[b'x'; 100]);
        assert!(long.split(|octet| *octet == b'\n').all(|line| line.len() <= 77));
        assert!(base64(&[0; 100]).split(|octet| *octet == b'\n').all(|line| line.len() <= 77));
    }

    #[test]
    fn a_tree_that_cannot_be_made_is_a_mistake() {
        for (mime, expected) in [
            ("{encoding: base65}", "no encoding"),
            ("{encoding: base64, body: '${unique}'}", "reads no variables"),
            ("{body: a, parts: []}", "has no place beside"),
            ("{pats: []}", "no key `pats`"),
            ("{parts: [{body: {file: nowhere}}]}", "cannot be read"),
        ] {
            let found = mistakes("smtp", &steps(mime));
            assert!(found.len() == 1 && found[0].contains(expected), "{mime}: {found:?}");
        }
    }
}
