//! What `sasl` can say.

use super::shape::Shape;
use super::{Construct, Mapping};
use crate::sasl::{Flaw, Mechanism};
use crate::script::model::ChannelType;

const PART: &str = "what fails is the exchange, which `sasl` shows";

fn mechanisms() -> Vec<&'static str> {
    Mechanism::ALL.iter().map(|mechanism| mechanism.name()).collect()
}

fn flaws() -> Vec<&'static str> {
    Flaw::ALL.iter().map(|(word, _)| *word).collect()
}

fn bindings() -> Vec<&'static str> {
    ChannelType::ALL.iter().map(|(word, _)| *word).collect()
}

fn outcomes() -> Vec<&'static str> {
    vec!["success", "refused"]
}

const fn key(name: &'static str, means: &'static str, shape: Shape) -> Construct {
    Construct::new(name, means, shape).cannot_fail(PART)
}

/// The mechanism alone.
pub(super) const MECHANISM: Shape = Shape::Word(mechanisms);

/// An authentication that the harness computes.
pub(in crate::script) const SASL: &Mapping = &Mapping {
    what: "`sasl`",
    keys: &[
        key("mechanism", "its registered name", MECHANISM).required(),
        key("as", "the account, default the case's first", Shape::Text),
        key("user", "another login name than the account's", Shape::Text),
        key("secret", "another password than the account's", Shape::Text),
        key("authzid", "whom to act as, default nobody else", Shape::Text),
        key("token", "the bearer token of `OAUTHBEARER` and `XOAUTH2`, default the account's", Shape::Text),
        key(
            "binding",
            "what a PLUS variant binds to, default `tls-exporter` where the connection has TLS 1.3",
            Shape::Word(bindings),
        ),
        key(
            "initial",
            "whether the client's first message stands in the command; without it it does where the protocol allows it (IMAP: where `SASL-IR` is declared)",
            Shape::Boolean,
        ),
        key(
            "tamper",
            "what is wrong in the client's messages, below",
            Shape::Either(&[Shape::Word(flaws), Shape::Mapping(TAMPER)]),
        ),
        key("expect", "`success` (default) or `refused`", Shape::Word(outcomes)),
        key("law", "what it judges; without it the step is a precondition", Shape::Law),
    ],
};

/// One message replaced by another.
pub(in crate::script) const TAMPER: &Mapping = &Mapping {
    what: "`tamper`",
    keys: &[
        Construct::new("message", "which of the client's messages, from 1", Shape::Number(1)).required(),
        Construct::new("text", "the message that is sent in its place, before base64", Shape::Text),
        Construct::new("line", "the line that is sent in its place, as it is", Shape::Text),
        Construct::new("cut", "the message without so many of its last octets", Shape::Number(1)),
    ],
};
