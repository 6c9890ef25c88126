//! How connections are opened: `connect`, `greet`, `login`.

use super::Context;
use super::scope::Scope;
use crate::script::model::{Endpoint, Open, Protocol};
use crate::source::{Fields, Node, Span};

/// Which of the three it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OpenKind {
    Connect,
    Greet,
    Login,
}

/// Reads what stands behind `connect`, `greet` or `login`; `on` is the step's `on:`.
pub(super) fn read(
    context: &mut Context<'_>,
    scope: &Scope,
    kind: OpenKind,
    value: Option<&Node>,
    on: Option<&str>,
    span: Span,
) -> Option<Open> {
    let name = on.unwrap_or("main").to_owned();
    let endpoint = Endpoint::default_of(context.protocol);
    let mut open = Open { name, account: scope.first_account().to_owned(), endpoint };
    match value {
        None => {}
        Some(node) if node.scalar().is_some() && kind == OpenKind::Login => {
            open.account = context.decoder.sentence(node, "an account")?;
            scope.check_account(context, &open.account, node.span);
            if on.is_none() {
                open.name.clone_from(&open.account);
            }
        }
        Some(node) => {
            let fields =
                context.decoder.fields(node, "this step", &["name", "as", "protocol", "endpoint"])?;
            read_fields(context, scope, &fields, &mut open);
        }
    }
    if kind == OpenKind::Login && open.endpoint.protocol() == Protocol::Lmtp {
        let message = "LMTP has no login";
        context.decoder.mistake_help(span, message, "use `greet`");
    }
    Some(open)
}

fn read_fields(context: &mut Context<'_>, scope: &Scope, fields: &Fields<'_>, open: &mut Open) {
    if let Some(name) = fields.get("name").and_then(|node| context.decoder.sentence(node, "`name`")) {
        open.name = name;
    }
    if let Some(node) = fields.get("as")
        && let Some(account) = context.decoder.sentence(node, "`as`")
    {
        scope.check_account(context, &account, node.span);
        open.account = account;
    }
    let protocols = Protocol::ALL.map(|protocol| (protocol.as_str(), protocol));
    let protocol =
        fields.get("protocol").and_then(|node| context.decoder.choice(node, "protocol", &protocols));
    let endpoints = Endpoint::ALL.map(|endpoint| (endpoint.as_str(), endpoint));
    let endpoint =
        fields.get("endpoint").and_then(|node| context.decoder.choice(node, "endpoint", &endpoints));
    if let (Some(protocol), Some(endpoint), Some(entry)) = (protocol, endpoint, fields.entry("endpoint"))
        && endpoint.protocol() != protocol
    {
        let message = format!("the endpoint `{}` does not speak `{}`", endpoint.as_str(), protocol.as_str());
        context.decoder.mistake_help(entry.value.span, message, "leave `protocol` out: the endpoint says it");
    }
    match (endpoint, protocol) {
        (Some(endpoint), _) => open.endpoint = endpoint,
        (None, Some(protocol)) => open.endpoint = Endpoint::default_of(protocol),
        (None, None) => {}
    }
}
