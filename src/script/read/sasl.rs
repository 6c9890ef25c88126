//! `sasl`: a mechanism, who logs in, and what is wrong in the messages.

use super::scope::Scope;
use super::{Context, law, texts};
use crate::sasl::{Flaw, Mechanism, Order};
use crate::script::construct::{SASL, TAMPER};
use crate::script::model::{ChannelType, Initial, Replacement, Sasl, SaslOutcome, Tamper};
use crate::script::template::{Escapes, Template};
use crate::source::{Fields, Node};

/// The most messages of a client in one exchange, and octets to cut.
const MOST: usize = 1_000;

/// Reads `sasl: MECHANISM` or `sasl: {mechanism: …}`.
pub(super) fn read(context: &mut Context<'_>, scope: &mut Scope, node: &Node) -> Option<Sasl> {
    let sasl = if node.entries().is_none() {
        let mechanism = mechanism(context, node)?;
        blank(mechanism, scope)
    } else {
        mapping(context, scope, node)?
    };
    scope.bind("reply");
    Some(sasl)
}

fn blank(mechanism: Mechanism, scope: &Scope) -> Sasl {
    Sasl {
        mechanism,
        account: scope.first_account().to_owned(),
        user: None,
        secret: None,
        authzid: None,
        token: None,
        binding: None,
        initial: Initial::Auto,
        tamper: None,
        outcome: SaslOutcome::Success,
        law: None,
    }
}

fn mechanism(context: &mut Context<'_>, node: &Node) -> Option<Mechanism> {
    let known = Mechanism::ALL.map(|mechanism| (mechanism.name(), mechanism));
    context.decoder.choice(node, "SASL mechanism", &known)
}

fn mapping(context: &mut Context<'_>, scope: &Scope, node: &Node) -> Option<Sasl> {
    let fields = context.fields(node, SASL)?;
    let named = context.decoder.required(&fields, "`sasl`", "mechanism")?;
    let mut sasl = blank(mechanism(context, named)?, scope);
    if let Some(node) = fields.get("as")
        && let Some(account) = context.decoder.sentence(node, "`as`")
    {
        scope.check_account(context, &account, node.span);
        sasl.account = account;
    }
    sasl.user = text(context, scope, &fields, "user");
    sasl.secret = text(context, scope, &fields, "secret");
    sasl.authzid = text(context, scope, &fields, "authzid");
    sasl.token = text(context, scope, &fields, "token");
    sasl.binding = fields
        .get("binding")
        .and_then(|node| context.decoder.choice(node, "type of channel binding", &ChannelType::ALL));
    sasl.initial = initial(context, &fields, sasl.mechanism);
    sasl.tamper = fields.get("tamper").and_then(|node| tamper(context, scope, node, sasl.mechanism));
    let outcomes = [("success", SaslOutcome::Success), ("refused", SaslOutcome::Refused)];
    let outcome = fields.get("expect").and_then(|node| context.decoder.choice(node, "outcome", &outcomes));
    sasl.outcome = outcome.unwrap_or(SaslOutcome::Success);
    sasl.law = fields.get("law").and_then(|node| law::read(context, node));
    Some(sasl)
}

fn text(context: &mut Context<'_>, scope: &Scope, fields: &Fields<'_>, key: &str) -> Option<Template> {
    let node = fields.get(key)?;
    texts::template(context, scope, node, &format!("`{key}`"), Escapes::Read)
}

fn initial(context: &mut Context<'_>, fields: &Fields<'_>, mechanism: Mechanism) -> Initial {
    let Some(node) = fields.get("initial") else { return Initial::Auto };
    match context.decoder.boolean(node, "`initial`") {
        Some(true) if mechanism.order() == Order::ServerFirst => {
            let message = format!("in {} the server begins: there is no initial response", mechanism.name());
            let help = "to send one nevertheless, write the command in a `talk`";
            context.decoder.mistake_help(node.span, message, help);
            Initial::Auto
        }
        Some(true) => Initial::InCommand,
        Some(false) => Initial::AfterChallenge,
        None => Initial::Auto,
    }
}

/// `tamper: proof`, or `tamper: {message: 2, text: …}`.
fn tamper(context: &mut Context<'_>, scope: &Scope, node: &Node, mechanism: Mechanism) -> Option<Tamper> {
    if node.entries().is_none() {
        let flaw = context.decoder.choice(node, "flaw", &Flaw::ALL)?;
        if !mechanism.can_have(flaw) {
            let word = Flaw::ALL.into_iter().find(|(_, known)| *known == flaw).map_or("", |(word, _)| word);
            let message = format!("no message of {} has a `{word}` to tamper with", mechanism.name());
            let help = "say which message is replaced and by what, as `{message: 1, text: \"…\"}`";
            context.decoder.mistake_help(node.span, message, help);
        }
        return Some(Tamper::Flaw(flaw));
    }
    let what = TAMPER.what;
    let fields = context.fields(node, TAMPER)?;
    let number = context.decoder.required(&fields, what, "message")?;
    let number = context.decoder.number(number, "`message`", MOST)?.max(1);
    let by = match (fields.get("text"), fields.get("line"), fields.get("cut")) {
        (Some(_), None, None) => Replacement::Text(text(context, scope, &fields, "text")?),
        (None, Some(_), None) => Replacement::Line(text(context, scope, &fields, "line")?),
        (None, None, Some(node)) => Replacement::Cut(context.decoder.number(node, "`cut`", MOST)?),
        _ => {
            let help = "as in `tamper: {message: 2, text: \"…\"}`";
            let message = "`tamper` takes one of `text`, `line` and `cut`";
            context.decoder.mistake_help(node.span, message, help);
            return None;
        }
    };
    Some(Tamper::Message { number, by })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{RULE, case, mistakes};
    use super::*;
    use crate::script::model::Action;

    fn found(sasl: &str) -> Vec<String> {
        mistakes(
            "imap",
            &format!(
                "steps:\n  - greet\n  - sasl: {sasl}\n  - check: {{value: \"${{reply}}\", contains: OK, law: {RULE}}}\n"
            ),
        )
    }

    #[test]
    fn a_mechanism_alone_is_enough() {
        assert_eq!(found("SCRAM-SHA-256"), [""; 0]);
        let case = case(
            "imap",
            &format!(
                "steps:\n  - greet\n  - sasl: {{mechanism: PLAIN, initial: false, tamper: proof, expect: refused, law: {RULE}}}\n  - sasl: LOGIN\n"
            ),
        );
        let Action::Sasl(sasl) = &case.steps[1].action else { panic!("no sasl") };
        assert_eq!((sasl.initial, sasl.outcome), (Initial::AfterChallenge, SaslOutcome::Refused));
        assert!(matches!(sasl.tamper, Some(Tamper::Flaw(Flaw::Proof))));
        assert_eq!(case.covers().len(), 1);
    }

    #[test]
    fn what_cannot_be_is_told() {
        assert_eq!(found("SCRAM-SHA-257").len(), 1);
        assert_eq!(found("OAUTHBEARER"), [""; 0]);
        assert_eq!(found("{mechanism: SCRAM-SHA-1-PLUS, binding: tls-unique}").len(), 1);
        assert_eq!(found("{mechanism: OAUTHBEARER, token: x}"), [""; 0]);
        assert_eq!(
            found("{mechanism: CRAM-MD5, initial: true}"),
            ["in CRAM-MD5 the server begins: there is no initial response"]
        );
        assert_eq!(
            found("{mechanism: PLAIN, tamper: nonce}"),
            ["no message of PLAIN has a `nonce` to tamper with"]
        );
        assert_eq!(found("{mechanism: PLAIN, tamper: {message: 1}}").len(), 1);
        assert_eq!(found("{mechanism: PLAIN, tamper: {message: 1, cut: 3}}"), [""; 0]);
    }

    #[test]
    fn a_refusal_needs_something_granted_beside_it() {
        let refused = format!(
            "steps:\n  - greet\n  - sasl: {{mechanism: PLAIN, tamper: proof, expect: refused, law: {RULE}}}\n"
        );
        assert_eq!(mistakes("imap", &refused).len(), 1);
        assert_eq!(mistakes("imap", &format!("{refused}  - sasl: PLAIN\n")), [""; 0]);
    }
}
