//! Steps that send.

use super::super::payload::{BYTES, FILE, MIME_KEY, OCTETS, OF};
use super::super::sasl::{MECHANISM, SASL};
use super::super::shape::Shape;
use super::super::{Construct, Mapping};

/// What `data` can say.
pub(in crate::script) const DATA: &Mapping = &Mapping {
    what: "`data`",
    keys: &[
        Construct::new("message", "a message, as `${inbox.1}`: sent as a bare text is", Shape::Text),
        Construct::new("raw", "octets as they are, escapes read (as in `send`), no dot added", Shape::Text),
        FILE,
        MIME_KEY,
        OCTETS,
        OF,
        BYTES,
    ],
};

/// What `send` can say.
pub(in crate::script) const SEND: &Mapping = &Mapping {
    what: "`send`",
    keys: &[
        Construct::new("bytes", "the octets, escapes read", Shape::Text),
        FILE,
        MIME_KEY,
        OCTETS,
        OF,
        Construct::new(
            "split",
            "how many octets each write has; what is left goes into a last one",
            Shape::List(&Shape::Number(1), 0),
        ),
        Construct::new("each", "so many octets a write", Shape::Number(1)),
        Construct::new("pause", "between two writes", Shape::Duration),
    ],
};

pub(super) const TALK: Construct = Construct::new("talk", "a conversation, below", Shape::Text)
    .brief("`talk: |` and `C:` and `S:` lines below")
    .example(
        "pop3",
        "\
- login
- talk: |
    C: NOOP
    S: +OK                          § rfc1939-5-R9
",
    );

pub(super) const DATA_STEP: Construct = Construct::new(
    "data",
    "a message after `354`: lines ended by CRLF, dots stuffed, `.` added",
    Shape::Either(&[Shape::Text, Shape::Mapping(DATA)]),
)
.brief("`data: |` and the message below")
.example(
    "smtp",
    "\
- greet
- talk: |
    C: MAIL FROM:<sender@example.net>
    S: 250
    C: RCPT TO:<${alice.address}>
    S: 250
    C: DATA
    S: 354
- data: |
    From: sender@example.net
    Subject: dots

    .leading
- talk: |
    S: 250                          § rfc5321-4.1.1.4-6
",
);

pub(super) const SEND_STEP: Construct = Construct::new(
    "send",
    "octets exactly as written, with the escapes `\\r \\n \\t \\0 \\\\ \\xHH`; nothing is added. Best in single quotes, where YAML reads no escapes of its own. As a mapping: cut into several writes",
    Shape::Either(&[Shape::Text, Shape::Mapping(SEND)]),
)
.brief("`send: 'NOOP\\r\\n'`")
.example(
    "pop3",
    "\
- login
- send: {bytes: 'NOOP\\r\\nSTAT\\r\\n', split: [3, 5], pause: 1ms}
- talk: |
    S: +OK                          § rfc1939-5-R9
    S: +OK ${_ = text}
",
);

pub(super) const SASL_STEP: Construct = Construct::new(
    "sasl",
    "authenticate by an exchange that the harness computes, below",
    Shape::Either(&[MECHANISM, Shape::Mapping(SASL)]),
)
.brief("`sasl: SCRAM-SHA-256`")
.example(
    "imap",
    "\
- greet
- sasl: {mechanism: SCRAM-SHA-256, tamper: proof, expect: refused, law: rfc3501-6.2.2-R1}
- sasl: {mechanism: SCRAM-SHA-256, law: rfc3501-6.2.2-R1}
",
);
