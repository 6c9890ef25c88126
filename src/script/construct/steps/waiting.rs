//! Steps that poll, compare and bind.

use super::super::check::CHECK;
use super::super::given::LET_VALUES;
use super::super::shape::{STEPS, Shape};
use super::super::{Construct, Mapping};

/// What `eventually` can say.
pub(in crate::script) const EVENTUALLY: &Mapping = &Mapping {
    what: "`eventually`",
    keys: &[
        Construct::new("within", "for how long at most, default `10s`", Shape::Duration),
        Construct::new("mailbox", "a mailbox that is polled", Shape::Mapping(MAILBOX)),
        Construct::new("steps", "steps that are repeated until none fails", STEPS),
    ],
};

/// A mailbox that is polled.
pub(in crate::script) const MAILBOX: &Mapping = &Mapping {
    what: "`mailbox`",
    keys: &[
        Construct::new("of", "the account, default the case's first", Shape::Text),
        Construct::new("folder", "the mailbox, default `INBOX`", Shape::Text),
        Construct::new("has", "what a message must have", Shape::Mapping(HAS)),
        Construct::new("count", "exactly so many such messages; without it at least one", Shape::Number(0)),
        Construct::new("as", "binds the message's octets; `NAME.body` its body", Shape::Text),
        Construct::new("law", "what it judges", Shape::Law),
    ],
};

/// What a message must have.
pub(in crate::script) const HAS: &Mapping = &Mapping {
    what: "`has`",
    keys: &[
        Construct::new("subject", "a pattern of the field Subject", Shape::Text),
        Construct::new("from", "a pattern of the field From", Shape::Text),
        Construct::new("to", "a pattern of the field To", Shape::Text),
        Construct::new("header", "mapping: name → pattern of the field", Shape::Named(&Shape::Text)),
        Construct::new("body", "the body, octet for octet", Shape::Text),
        Construct::new("body-contains", "octets somewhere in the body", Shape::Text),
    ],
};

pub(super) const EVENTUALLY_STEP: Construct =
    Construct::new("eventually", "poll until it holds, below", Shape::Mapping(EVENTUALLY))
        .brief("`eventually: {within: 10s, mailbox: {has: {subject: one}}}`")
        .example(
            "pop3",
            "\
- eventually:
    within: 5s
    mailbox: {of: alice, has: {subject: two}, count: 1, law: rfc1939-6-L2}
",
        );

pub(super) const CHECK_STEP: Construct =
    Construct::new("check", "compare values, below", Shape::Mapping(CHECK))
        .brief("`check: {value: \"${a}\", equals: \"${b}\"}`")
        .example(
            "pop3",
            "\
- login
- talk: |
    C: UIDL 1
    S: +OK 1 ${first = word}
    C: UIDL 2
    S: +OK 2 ${second = word}
- check: {value: \"${first}\", not-equals: \"${second}\", law: rfc1939-7-R5}
",
        );

pub(super) const LET_STEP: Construct = Construct::new("let", "bind variables, as in the case", LET_VALUES)
    .brief("`let: {name: value}`")
    .example(
        "pop3",
        "\
- login
- let: {command: NOOP}
- talk: |
    C: ${command}
    S: +OK                          § rfc1939-5-R9
",
    );
