//! Conditions of a case (`needs`) and of a step (`when`, `unless`).

use super::Construct;
use super::shape::Shape;
use crate::script::model::Endpoint;

const SKIPS: &str = "the case is skipped then, or the step passed over, and the reason told";

/// The words of all endpoints.
pub(super) fn endpoints() -> Vec<&'static str> {
    Endpoint::ALL.iter().map(|endpoint| endpoint.as_str()).collect()
}

fn lifecycle() -> Vec<&'static str> {
    vec!["restart", "kill"]
}

const fn of_protocol(name: &'static str) -> Construct {
    Construct::new(
        name,
        "this protocol declares the capability, or offers `tls`, whatever the suite's protocol is",
        Shape::Text,
    )
    .cannot_fail(SKIPS)
}

/// Conditions that are a mapping with one key; a bare text is a capability, or `tls`.
pub(in crate::script) const CONDITIONS: &[Construct] = &[
    Construct::new("endpoint", "the target has this endpoint", Shape::Word(endpoints))
        .brief("endpoint: submission")
        .cannot_fail(SKIPS),
    Construct::new("lifecycle", "the target can be restarted, killed", Shape::Word(lifecycle))
        .brief("lifecycle: restart")
        .cannot_fail(SKIPS),
    Construct::new(
        "policy",
        "the target's profile lists this policy: `relay-denied` (mail for other domains is refused), `bounces` (submitted mail for `bounces.example` is taken, and refused by the next server), `tokens` (its accounts have bearer tokens), `certificates` (its accounts have client certificates), `utf8-delivery` (mail that needs SMTPUTF8 is delivered to the accounts, and not only taken)",
        Shape::Text,
    )
    .brief("policy: relay-denied")
    .cannot_fail(SKIPS),
    of_protocol("smtp").brief("smtp: tls"),
    of_protocol("submission").brief("submission: AUTH PLAIN"),
    of_protocol("lmtp").brief("lmtp: 8BITMIME"),
    of_protocol("pop3").brief("pop3: UIDL"),
    of_protocol("imap").brief("imap: UIDPLUS"),
];
