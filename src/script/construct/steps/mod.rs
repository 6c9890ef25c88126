//! Steps, and what may stand beside each.

mod blocks;
mod closing;
mod hops;
mod opening;
mod sending;
mod waiting;

use super::Construct;
use super::shape::Shape;

pub(in crate::script) use blocks::{ALTERNATIVE, FOR, REPEAT, USE};
pub(in crate::script) use closing::{CLOSED, SILENCE};
pub(in crate::script) use hops::{ACCEPT, ARRIVAL, HEARD, RECEIVE, RECORDS, SERVE, STOP};
pub(in crate::script) use opening::{COMPRESS, OPEN, STARTTLS, TLS};
pub(in crate::script) use sending::{DATA, SEND};
pub(in crate::script) use waiting::{EVENTUALLY, HAS, MAILBOX};

/// Every step.
pub(in crate::script) const STEPS: &[Construct] = &[
    opening::CONNECT,
    opening::GREET,
    opening::LOGIN,
    sending::TALK,
    sending::DATA_STEP,
    sending::SEND_STEP,
    sending::SASL_STEP,
    opening::STARTTLS_STEP,
    opening::COMPRESS_STEP,
    closing::HALF_CLOSE,
    closing::DROP,
    closing::RESET,
    closing::CLOSED_STEP,
    closing::SILENCE_STEP,
    closing::PAUSE,
    waiting::EVENTUALLY_STEP,
    waiting::CHECK_STEP,
    waiting::LET_STEP,
    closing::RESTART,
    closing::KILL,
    hops::ACCEPT_STEP,
    hops::RECEIVE_STEP,
    hops::SERVE_STEP,
    hops::ARRIVAL_STEP,
    hops::HEARD_STEP,
    hops::STOP_STEP,
    hops::START_STEP,
    hops::DNS_STEP,
    blocks::STEPS_STEP,
    blocks::REPEAT_STEP,
    blocks::FOR_STEP,
    blocks::TOGETHER,
    blocks::ANY_OF,
    blocks::USE_STEP,
];

/// What may stand beside a step.
pub(in crate::script) const MODIFIERS: &[Construct] = &[
    Construct::new("on", "the connection, default `main`", Shape::Text).brief("on: NAME").example(
        "imap",
        "\
- login: {name: other}
- on: other
  talk: |
    C: NOOP
    S: OK                           § rfc3501-6.1.2-R1
",
    )
    .cannot_fail("that the connection is open is seen before anything runs"),
    Construct::new("within", "time limit of each wait in this step, default `10s`", Shape::Duration)
        .brief("within: 5s")
        .example(
            "imap",
            "\
- login
- within: 2s
  talk: |
    C: NOOP
    S: OK                           § rfc3501-6.1.2-R1
",
        ),
    Construct::new(
        "when",
        "the step is passed over, with a line in the transcript, where this does not hold: a condition as in `needs`, or a comparison as in `check`",
        Shape::Ref("condition"),
    )
    .brief("when: CONDITION")
    .example(
        "imap",
        "\
- login
- when: UIDPLUS
  talk: |
    C: NOOP
    S: OK                           § rfc3501-6.1.2-R1
",
    ),
    Construct::new("unless", "the step is passed over where this holds", Shape::Ref("condition"))
        .brief("unless: CONDITION")
        .example(
            "imap",
            "\
- login
- unless: {value: \"${domain}\", equals: elsewhere.test}
  talk: |
    C: NOOP
    S: OK                           § rfc3501-6.1.2-R1
",
        ),
];
