//! `eventually` and `check`.

use std::time::Duration;

use regex::bytes::RegexBuilder;

use super::scope::Scope;
use super::{Context, law, step, texts};
use crate::script::construct::{CHECK, EVENTUALLY, HAS, MAILBOX};
use crate::script::model::{Action, Check, EventuallyMailbox, MessageTraits, Operator, Series};
use crate::script::pattern::TextPattern;
use crate::script::template::{Escapes, Template, is_name};
use crate::source::{Fields, Node};

/// Reads `eventually: {within, mailbox}` or `{within, steps}`.
pub(super) fn eventually(
    context: &mut Context<'_>,
    scope: &mut Scope,
    node: &Node,
    within: &mut Duration,
) -> Option<Action> {
    let fields = context.fields(node, EVENTUALLY)?;
    if let Some(time) = fields.get("within").and_then(|node| context.decoder.duration(node, "`within`")) {
        *within = time;
    }
    match (fields.get("mailbox"), fields.get("steps")) {
        (Some(node), None) => {
            mailbox(context, scope, node).map(|wait| Action::EventuallyMailbox(Box::new(wait)))
        }
        (None, Some(node)) => Some(Action::EventuallySteps(step::read_list(context, scope, node))),
        _ => {
            let help = "as in `eventually: {within: 10s, mailbox: {has: {subject: one}}}`";
            let message = "`eventually` waits for either `mailbox` or `steps`";
            context.decoder.mistake_help(node.span, message, help);
            None
        }
    }
}

fn mailbox(context: &mut Context<'_>, scope: &mut Scope, node: &Node) -> Option<EventuallyMailbox> {
    let fields = context.fields(node, MAILBOX)?;
    let account = match fields.get("of") {
        Some(node) => {
            let name = context.decoder.sentence(node, "`of`")?;
            scope.check_account(context, &name, node.span);
            name
        }
        None => scope.first_account().to_owned(),
    };
    let folder = fields.get("folder").and_then(|node| context.decoder.sentence(node, "`folder`"));
    let has = fields.get("has").and_then(|node| traits(context, scope, node)).unwrap_or_default();
    let count = fields.get("count").and_then(|node| context.decoder.number(node, "`count`", 100_000));
    let bind = fields.get("as").and_then(|node| variable(context, node));
    if let Some(name) = &bind {
        scope.bind(name);
        scope.bind(&format!("{name}.body"));
    }
    let law = fields.get("law").and_then(|node| law::read(context, node));
    Some(EventuallyMailbox {
        account,
        folder: folder.unwrap_or_else(|| "INBOX".to_owned()),
        has,
        count,
        bind,
        law,
    })
}

pub(super) fn variable(context: &mut Context<'_>, node: &Node) -> Option<String> {
    let name = context.decoder.sentence(node, "`as`")?;
    if is_name(&name) {
        return Some(name);
    }
    context.decoder.mistake_help(
        node.span,
        format!("`{name}` is no name of a variable"),
        "write the bare name",
    );
    None
}

pub(super) fn traits(context: &mut Context<'_>, scope: &mut Scope, node: &Node) -> Option<MessageTraits> {
    let fields = context.fields(node, HAS)?;
    let mut headers: Vec<(String, TextPattern)> = Vec::new();
    for (key, name) in [("subject", "Subject"), ("from", "From"), ("to", "To")] {
        if let Some(node) = fields.get(key) {
            let pattern = texts::pattern(context, scope, node, &format!("`{key}`"));
            headers.extend(pattern.map(|pattern| (name.to_owned(), pattern)));
        }
    }
    if let Some(named) = fields.get("header").and_then(|node| context.decoder.open_fields(node, "`header`")) {
        for entry in named.entries {
            let pattern = texts::pattern(context, scope, &entry.value, "a header field");
            headers.extend(pattern.map(|pattern| (entry.key.clone(), pattern)));
        }
    }
    let mut template = |key: &str| {
        fields
            .get(key)
            .and_then(|node| texts::template(context, scope, node, &format!("`{key}`"), Escapes::Kept))
    };
    let body = template("body");
    let body_contains = template("body-contains");
    Some(MessageTraits { headers, body, body_contains })
}

/// Reads `check: {value, OPERATOR: operand, law}`.
pub(super) fn check(context: &mut Context<'_>, scope: &Scope, node: &Node) -> Option<Check> {
    let fields = context.fields(node, CHECK)?;
    let value = context.decoder.required(&fields, CHECK.what, "value");
    let value = value.and_then(|node| texts::template(context, scope, node, "`value`", Escapes::Kept));
    let law = fields.get("law").and_then(|node| law::read(context, node));
    let (operator, operand) = operator(context, scope, &fields)?;
    Some(Check { value: value?, operator, operand: operand?, law, span: node.span })
}

fn operator(
    context: &mut Context<'_>,
    scope: &Scope,
    fields: &Fields<'_>,
) -> Option<(Operator, Option<Template>)> {
    let mut found =
        Operator::ALL.iter().filter_map(|(word, operator)| Some((fields.entry(word)?, *operator)));
    let first = found.next();
    if let Some((second, _)) = found.next() {
        let help = "write a second `check` for it";
        context.decoder.mistake_help(second.key_span, "a check compares in one way", help);
    }
    let Some((entry, operator)) = first else {
        let words: Vec<String> = Operator::ALL.iter().map(|(word, _)| format!("`{word}`")).collect();
        let help = format!("add one of {}", words.join(", "));
        context.decoder.mistake_help(fields.span, "a check needs a way to compare", help);
        return None;
    };
    let operand = texts::template(context, scope, &entry.value, &format!("`{}`", entry.key), Escapes::Kept);
    if let (Operator::Matches, Some(octets)) = (operator, operand.as_ref().and_then(Template::constant)) {
        let expression = String::from_utf8_lossy(&octets);
        if let Err(error) = RegexBuilder::new(&expression).size_limit(1 << 20).build() {
            let text = error.to_string();
            let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
            let message = format!("the regular expression cannot be read: {reason}");
            context.decoder.mistake_help(entry.value.span, message, "it is written as in Rust's regex crate");
        }
    }
    if let (Operator::Are, Some(octets)) = (operator, operand.as_ref().and_then(Template::constant))
        && Series::find(&octets).is_none()
    {
        let word = String::from_utf8_lossy(&octets).into_owned();
        let known = Series::ALL.map(|(word, _)| word);
        context.decoder.unknown(entry.value.span, format!("`{word}` is no series"), &word, known);
    }
    Some((operator, operand))
}
