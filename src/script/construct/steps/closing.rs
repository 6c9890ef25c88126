//! Steps about how connections end, what does not come, and the target's process.

use super::super::shape::Shape;
use super::super::{Construct, Mapping};

/// What `closed` can say.
pub(in crate::script) const CLOSED: &Mapping =
    &Mapping { what: "`closed`", keys: &[Construct::new("law", "what it judges", Shape::Law).required()] };

/// What `silence` can say.
pub(in crate::script) const SILENCE: &Mapping = &Mapping {
    what: "`silence`",
    keys: &[
        Construct::new("for", "how long", Shape::Duration).required(),
        Construct::new("law", "what it judges", Shape::Law),
    ],
};

const OURS: &str = "the harness does it on its own side";

pub(super) const HALF_CLOSE: Construct = Construct::new(
    "half-close",
    "say that nothing more will be sent (FIN, TLS close_notify) and go on reading",
    Shape::Nothing,
)
.example(
    "pop3",
    "\
- login
- send: 'NOOP\\r\\n'
- half-close
- talk: |
    S: +OK                          § rfc1939-5-R9
- closed
",
);

pub(super) const DROP: Construct =
    Construct::new("drop", "close the TCP connection at once, without a farewell", Shape::Nothing)
        .example(
            "pop3",
            "\
- login
- talk: |
    C: DELE 1
    S: +OK
- drop
- login
- talk: |
    C: STAT
    S: +OK 2 ${_ = number}          § rfc1939-6-1
",
        )
        .cannot_fail(OURS);

pub(super) const RESET: Construct =
    Construct::new("reset", "close the TCP connection at once by a reset (RST)", Shape::Nothing)
        .example(
            "pop3",
            "\
- login
- reset
- login
- talk: |
    C: NOOP
    S: +OK                          § rfc1939-5-R9
",
        )
        .cannot_fail(OURS);

pub(super) const CLOSED_STEP: Construct = Construct::new(
    "closed",
    "the server must close the connection. `closed: {law: ID}` judges",
    Shape::Either(&[Shape::Nothing, Shape::Mapping(CLOSED)]),
)
.example(
    "pop3",
    "\
- login
- talk: |
    C: QUIT
    S: +OK                          § rfc1939-6-R1
- closed: {law: rfc1939-6-R2}
",
);

pub(super) const SILENCE_STEP: Construct = Construct::new(
    "silence",
    "nothing may arrive for that time. `silence: {for: 300ms, law: ID}` judges",
    Shape::Either(&[Shape::Duration, Shape::Mapping(SILENCE)]),
)
.brief("`silence: 300ms`")
.example(
    "imap",
    "\
- login
- silence: {for: 50ms, law: rfc3501-7.4.1-1}
- talk: |
    C: NOOP
    S: OK
",
);

pub(super) const PAUSE: Construct =
    Construct::new("pause", "wait", Shape::Duration).brief("`pause: 100ms`").example(
        "imap",
        "\
- login
- pause: 10ms
- talk: |
    C: NOOP
    S: OK                           § rfc3501-6.1.2-R1
",
    );

pub(super) const RESTART: Construct = Construct::new(
    "restart",
    "the target is stopped in good order and started again; connections from before can be read, as far \
     as the server said something before it ended them, and not spoken on",
    Shape::Nothing,
)
.example(
    "imap",
    "\
needs: [{lifecycle: restart}]
steps:
  - login
  - restart
  - talk: |
      S: * BYE                      § rfc3501-3.4-2
  - closed
  - login
  - talk: |
      C: SELECT INBOX
      S: * 2 EXISTS
      S: OK
",
)
.cannot_fail("a target that does not come back is told as such, by the harness and not by a case");

pub(super) const KILL: Construct = Construct::new(
    "kill",
    "the target is killed (SIGKILL) and started again; all connections are gone",
    Shape::Nothing,
)
.example(
    "pop3",
    "\
needs: [{lifecycle: kill}]
steps:
  - login
  - kill
  - login
  - talk: |
      C: STAT
      S: +OK 2 ${_ = number}        § rfc1939-5-L3
",
)
.cannot_fail("a target that does not come back is told as such, by the harness and not by a case");
