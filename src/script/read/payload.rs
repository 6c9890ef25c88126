//! Where octets come from when they are not written out: a file, a rule, a tree of MIME parts.
//!
//! All of it is made when the script is read, so that what is missing or too large is a mistake
//! before anything connects.

use super::scope::Scope;
use super::{Context, mime, texts};
use crate::script::construct::PAYLOAD;
use crate::script::template::{Escapes, Template};
use crate::source::{Fields, Node};

/// The most octets that a rule makes.
const MAX_OCTETS: usize = 64 * 1024 * 1024;

/// What line ends a file's text is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineEnds {
    /// Each bare LF becomes CRLF.
    Crlf,
    /// Octets are as they are.
    Kept,
}

/// The octets that a mapping's keys `file`, `mime`, `octets` or `bytes` give; `None` where it has
/// none of them, or where they cannot be made.
pub(super) fn read(
    context: &mut Context<'_>,
    scope: &Scope,
    fields: &Fields<'_>,
    ends: LineEnds,
) -> Option<Template> {
    let mut found = fields.entries.iter().filter(|entry| is_source(&entry.key));
    let entry = found.next()?;
    if let Some(other) = found.next() {
        let message = format!("`{}` and `{}` both say what the octets are", entry.key, other.key);
        context.decoder.mistake_help(other.key_span, message, "keep one");
    }
    match entry.key.as_str() {
        "file" => file(context, &entry.value, ends),
        "mime" => mime::read(context, scope, &entry.value),
        "bytes" => {
            let range = texts::bytes(context, &entry.value)?;
            Some(Template::literal(range.collect::<Vec<u8>>(), entry.value.span))
        }
        _ => pattern(context, scope, fields, &entry.value),
    }
}

/// Whether a key is one that [`read`] takes.
pub(super) fn is_source(key: &str) -> bool {
    ["file", "mime", "bytes", "octets"].contains(&key)
}

/// A body or a value: text, or a mapping that says where its octets come from.
pub(super) fn text_or_source(
    context: &mut Context<'_>,
    scope: &Scope,
    node: &Node,
    what: &str,
    ends: LineEnds,
) -> Option<Template> {
    if node.entries().is_none() {
        return texts::template(context, scope, node, what, Escapes::Kept);
    }
    let fields = context.fields(node, PAYLOAD)?;
    if !fields.entries.iter().any(|entry| is_source(&entry.key)) {
        let help = "as in `{file: message.eml}` or `{octets: 1000, of: x}`";
        context.decoder.mistake_help(node.span, format!("{what} says no octets"), help);
        return None;
    }
    read(context, scope, &fields, ends)
}

/// The octets of a file below the script's folder.
pub(super) fn file(context: &mut Context<'_>, node: &Node, ends: LineEnds) -> Option<Template> {
    let path = context.decoder.sentence(node, "`file`")?;
    match (context.surroundings.attachment)(&path) {
        Ok(octets) => {
            let octets = if ends == LineEnds::Crlf { with_crlf(&octets) } else { octets };
            Some(Template::literal(octets, node.span))
        }
        Err(why) => {
            let help = "the path is relative to the script";
            context.decoder.mistake_help(node.span, format!("`{path}` cannot be read: {why}"), help);
            None
        }
    }
}

/// `octets: n` of the pattern `of`, again and again up to exactly `n`.
fn pattern(context: &mut Context<'_>, scope: &Scope, fields: &Fields<'_>, node: &Node) -> Option<Template> {
    let count = context.decoder.number(node, "`octets`", MAX_OCTETS)?;
    let pattern = match fields.get("of") {
        Some(node) => {
            let template = texts::template(context, scope, node, "`of`", Escapes::Read)?;
            let constant = template.constant().filter(|octets| !octets.is_empty());
            if constant.is_none() {
                let help = "write the octets out, with the escapes `\\r \\n \\xHH`";
                context.decoder.mistake_help(
                    node.span,
                    "a pattern is not empty and reads no variables",
                    help,
                );
            }
            constant?
        }
        None => b"x".to_vec(),
    };
    let octets: Vec<u8> = pattern.into_iter().cycle().take(count).collect();
    Some(Template::literal(octets, node.span))
}

/// Each LF that has no CR before it becomes CRLF.
pub(super) fn with_crlf(octets: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(octets.len() + octets.len() / 32);
    let mut before = 0;
    for &octet in octets {
        if octet == b'\n' && before != b'\r' {
            text.push(b'\r');
        }
        text.push(octet);
        before = octet;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::testing::{RULE, case, mistakes};
    use crate::script::model::{Action, Binding, Data, LetValue};

    fn law() -> String {
        format!("  - check: {{value: a, equals: a, law: {RULE}}}\n")
    }

    fn value(binding: &Binding) -> Vec<u8> {
        match &binding.value {
            LetValue::Text(template) => template.constant().unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn octets_come_from_a_file_or_a_rule() {
        let lets = "let: {a: {octets: 5, of: 'ab'}, b: {file: here.eml}, c: {bytes: 0..2}, d: {octets: 2}}\n";
        let case = case("smtp", &format!("{lets}steps:\n{}", law()));
        let values: Vec<Vec<u8>> = case.lets[..2].iter().chain(&case.lets[3..]).map(value).collect();
        assert_eq!(values, [&b"ababa"[..], b"a\nb\r\n${c}\n", b"xx"]);
    }

    #[test]
    fn data_takes_a_file_with_its_lines_ended_by_crlf() {
        let steps = format!("steps:\n  - greet\n  - data: {{file: here.eml}}\n{}", law());
        let Action::Data(Data::Message(text)) = &case("smtp", &steps).steps[1].action else { panic!() };
        assert_eq!(text.constant().unwrap(), b"a\r\nb\r\n${c}\r\n");
    }

    #[test]
    fn what_cannot_be_made_is_a_mistake_before_anything_connects() {
        for (step, expected) in [
            ("data: {file: nowhere.eml}", "cannot be read"),
            ("send: {file: nowhere.eml}", "cannot be read"),
            ("data: {octets: 99999999999}", "must be a whole number"),
            ("data: {octets: 9, of: '${unique}'}", "reads no variables"),
            ("data: {octets: 9, bytes: 0..9}", "both say"),
            ("let: {a: {octets: 9, of: ''}}", "is not empty"),
        ] {
            let found = mistakes("smtp", &format!("steps:\n  - greet\n  - {step}\n{}", law()));
            assert!(found.len() == 1 && found[0].contains(expected), "{step}: {found:?}");
        }
    }
}
