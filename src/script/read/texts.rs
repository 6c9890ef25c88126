//! Templates and patterns in scalars, and what `let` binds.

use std::ops::RangeInclusive;

use super::Context;
use super::payload::{self, LineEnds};
use super::scope::Scope;
use crate::script::construct::LET;
use crate::script::model::{Binding, LetValue};
use crate::script::pattern::{self, TextPattern};
use crate::script::template::{Escapes, Template, is_name};
use crate::source::{Node, Scalar, Span};

/// The most that `times` may repeat; long enough for any limit of the RFCs.
const MAX_REPEAT: usize = 10_000_000;

/// Reads a scalar as a template, and checks what it reads.
pub(super) fn template(
    context: &mut Context<'_>,
    scope: &Scope,
    node: &Node,
    what: &str,
    escapes: Escapes,
) -> Option<Template> {
    let scalar = context.decoder.scalar(node, what)?;
    template_of(context, scope, scalar, escapes)
}

/// A scalar as a template, with what it reads checked.
pub(super) fn template_of(
    context: &mut Context<'_>,
    scope: &Scope,
    scalar: &Scalar,
    escapes: Escapes,
) -> Option<Template> {
    checked(context, scope, Template::parse(&scalar.text, escapes, &|range| scalar.span_of(range)))
}

/// A text that stands elsewhere as a template; its mistakes are drawn at `span`.
pub(super) fn template_at(
    context: &mut Context<'_>,
    scope: &Scope,
    text: &str,
    span: Span,
) -> Option<Template> {
    checked(context, scope, Template::parse(text, Escapes::Kept, &|_| span))
}

/// A line of a file as a template, with what it reads checked; `offset` is its place in the file.
pub(super) fn template_line(
    context: &mut Context<'_>,
    scope: &Scope,
    text: &str,
    offset: usize,
) -> Option<Template> {
    let place = |range: std::ops::Range<usize>| Span::new(offset + range.start, offset + range.end);
    checked(context, scope, Template::parse(text, Escapes::Kept, &place))
}

fn checked(
    context: &mut Context<'_>,
    scope: &Scope,
    template: Result<Template, Vec<pattern::PatternError>>,
) -> Option<Template> {
    match template {
        Ok(template) => {
            scope.check_reads(context, &template.reads());
            Some(template)
        }
        Err(mistakes) => {
            for mistake in mistakes {
                context.pattern_mistake(mistake);
            }
            None
        }
    }
}

/// Reads a scalar as a pattern of text; what it captures is bound from here on.
pub(super) fn pattern(
    context: &mut Context<'_>,
    scope: &mut Scope,
    node: &Node,
    what: &str,
) -> Option<TextPattern> {
    let scalar = context.decoder.scalar(node, what)?;
    match pattern::text::parse(&scalar.text, scalar.locate(0)) {
        Ok(pattern) => {
            scope.check_reads(context, &pattern.reads());
            for (name, _) in pattern.binds() {
                scope.bind(name);
            }
            Some(pattern)
        }
        Err(mistake) => {
            context.pattern_mistake(mistake);
            None
        }
    }
}

/// Reads what `let` binds, in order; each is bound for those behind it.
pub(super) fn bindings(context: &mut Context<'_>, scope: &mut Scope, node: &Node) -> Vec<Binding> {
    let Some(fields) = context.decoder.open_fields(node, "`let`") else { return Vec::new() };
    let mut bindings = Vec::new();
    for entry in fields.entries {
        if !is_name(&entry.key) {
            let message = format!("`{}` is no name of a variable", entry.key);
            context.decoder.mistake_help(entry.key_span, message, "a name is words joined by dots");
            continue;
        }
        let value = let_value(context, scope, &entry.value);
        scope.bind(&entry.key);
        bindings.extend(value.map(|value| Binding { name: entry.key.clone(), value }));
    }
    bindings
}

fn let_value(context: &mut Context<'_>, scope: &Scope, node: &Node) -> Option<LetValue> {
    if node.entries().is_none() {
        return template(context, scope, node, "a value", Escapes::Kept).map(LetValue::Text);
    }
    let what = LET.what;
    let fields = context.fields(node, LET)?;
    if fields.entries.iter().any(|entry| payload::is_source(&entry.key)) && fields.get("bytes").is_none() {
        return payload::read(context, scope, &fields, LineEnds::Kept).map(LetValue::Text);
    }
    if let Some(entry) = fields.entry("bytes") {
        for other in fields.entries.iter().filter(|other| other.key != "bytes") {
            let message = format!("`{}` has no place beside `bytes`", other.key);
            context.decoder.mistake_help(other.key_span, message, "keep one");
        }
        return bytes(context, &entry.value).map(LetValue::Bytes);
    }
    let text = context.decoder.required(&fields, what, "repeat");
    let text = text.and_then(|node| template(context, scope, node, "`repeat`", Escapes::Kept));
    let times = context.decoder.required(&fields, what, "times");
    let times = times.and_then(|node| context.decoder.number(node, "`times`", MAX_REPEAT));
    Some(LetValue::Repeat { text: text?, times: times? })
}

/// `0..255`: the first value and the last.
pub(super) fn bytes(context: &mut Context<'_>, node: &Node) -> Option<RangeInclusive<u8>> {
    let text = context.decoder.sentence(node, "`bytes`")?;
    let range = text
        .split_once("..")
        .and_then(|(first, last)| Some(first.trim().parse::<u8>().ok()?..=last.trim().parse::<u8>().ok()?));
    let range = range.filter(|range| !range.is_empty());
    if range.is_none() {
        let message = format!("`{text}` is no range of octets");
        context.decoder.mistake_help(node.span, message, "the first value and the last, as in `0..255`");
    }
    range
}

#[cfg(test)]
mod tests {
    use crate::script::model::LetValue;
    use crate::script::read::testing;

    fn body(value: &str) -> String {
        format!("let: {{all: {value}}}\nsteps:\n  - check: {{value: \"${{all}}\", equals: x, law: RULE}}\n")
            .replace("RULE", testing::RULE)
    }

    #[test]
    fn a_range_of_octets_is_read_with_both_ends() {
        let case = testing::case("pop3", &body("{bytes: 0..255}"));
        let bound = case.lets.first().map(|binding| &binding.value);
        assert!(matches!(bound, Some(LetValue::Bytes(range)) if range.clone().count() == 256), "{bound:?}");
    }

    #[test]
    fn what_is_no_range_of_octets_is_refused() {
        for wrong in ["0..256", "9..3", "7", "a..b", "-1..3"] {
            let mistakes = testing::mistakes("pop3", &body(&format!("{{bytes: {wrong}}}")));
            assert!(mistakes.iter().any(|one| one.contains("no range of octets")), "{wrong}: {mistakes:?}");
        }
        let mistakes = testing::mistakes("pop3", &body("{bytes: 0..3, times: 2}"));
        assert!(mistakes.iter().any(|one| one.contains("no place beside")), "{mistakes:?}");
    }
}
