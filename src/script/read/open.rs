//! How connections are opened: `connect`, `greet`, `login`.

use super::Context;
use super::scope::Scope;
use crate::script::construct::{OPEN, TLS};
use crate::script::model::{Endpoint, Open, Presented, Protocol, Signer, TlsVersion, TlsWish};
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
    let mut open =
        Open { name, account: scope.first_account().to_owned(), endpoint, tls: TlsWish::default() };
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
            let fields = context.fields(node, OPEN)?;
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
    if let Some(tls) = fields.get("tls").and_then(|node| tls(context, scope, node)) {
        open.tls = tls;
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

/// `{version, name, certificate}`: how the client's side of TLS is to behave.
pub(super) fn tls(context: &mut Context<'_>, scope: &Scope, node: &Node) -> Option<TlsWish> {
    let fields = context.fields(node, TLS)?;
    let version = fields.get("version").and_then(|node| {
        context.decoder.choice(node, "version of TLS that can be offered", &TlsVersion::ALL)
    });
    let name = fields.get("name").and_then(|node| {
        let name = context.decoder.sentence(node, "`name`")?;
        if rustls_pki_types::DnsName::try_from(name.as_str()).is_err() {
            let message = format!("`{name}` is no host name");
            context.decoder.mistake_help(node.span, message, "a name such as `mail.example`");
            return None;
        }
        Some(name)
    });
    let own = fields.get("self-signed");
    let own =
        own.and_then(|node| Some((context.decoder.boolean(node, "choice for `self-signed`")?, node.span)));
    let certificate = fields.get("certificate").and_then(|node| {
        let account = context.decoder.sentence(node, "an account")?;
        scope.check_account(context, &account, node.span);
        let signer = if matches!(own, Some((true, _))) { Signer::Itself } else { Signer::Authority };
        Some(Presented { account, signer })
    });
    if let Some((_, span)) = own.filter(|_| fields.get("certificate").is_none()) {
        let message = "nobody is named in the self-signed certificate";
        context.decoder.mistake_help(span, message, "add `certificate: ACCOUNT`");
    }
    Some(TlsWish { version, name, certificate })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::model::Action;
    use crate::script::read::testing;

    const BODY: &str = "steps:\n  - greet: {tls: WISH}\n  - talk: |\n      C: NOOP\n      S: +OK  § RULE\n";

    fn body(wish: &str) -> String {
        BODY.replace("WISH", wish).replace("RULE", testing::RULE)
    }

    #[test]
    fn a_wish_for_tls_is_read() {
        let case = testing::case("pop3", &body("{version: '1.2', name: other.example}"));
        let Action::Greet(open) = &case.steps[0].action else { panic!() };
        let wish = TlsWish {
            version: Some(TlsVersion::V12),
            name: Some("other.example".to_owned()),
            certificate: None,
        };
        assert_eq!(open.tls, wish);
    }

    #[test]
    fn a_certificate_is_an_accounts_and_signed_or_not() {
        for (wish, signer) in [
            ("{certificate: alice}", Signer::Authority),
            ("{certificate: alice, self-signed: false}", Signer::Authority),
            ("{certificate: alice, self-signed: true}", Signer::Itself),
        ] {
            let case = testing::case("pop3", &body(wish));
            let Action::Greet(open) = &case.steps[0].action else { panic!() };
            assert_eq!(
                open.tls.certificate,
                Some(Presented { account: "alice".to_owned(), signer }),
                "{wish}"
            );
        }
    }

    #[test]
    fn versions_and_names_that_cannot_be_are_refused() {
        for (wish, why) in [
            ("{version: '1.1'}", "no version of TLS"),
            ("{name: 'not a name'}", "no host name"),
            ("{certificate: carol}", "no account"),
            ("{self-signed: true}", "nobody is named"),
        ] {
            let mistakes = testing::mistakes("pop3", &body(wish));
            assert!(mistakes.iter().any(|one| one.contains(why)), "{mistakes:?}");
        }
    }
}
