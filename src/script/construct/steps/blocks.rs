//! Steps that hold steps.

use super::super::shape::{STEPS, Shape, TEXTS};
use super::super::{Construct, Mapping};

/// What `repeat` can say.
pub(in crate::script) const REPEAT: &Mapping = &Mapping {
    what: "`repeat`",
    keys: &[
        Construct::new("times", "how often", Shape::Number(0)).required(),
        Construct::new("as", "a variable that counts from 1", Shape::Text),
        Construct::new("steps", "what is done each time", STEPS).required(),
    ],
};

/// What `for` can say.
pub(in crate::script) const FOR: &Mapping = &Mapping {
    what: "`for`",
    keys: &[
        Construct::new("each", "the variable that takes the value", Shape::Text).required(),
        Construct::new("in", "the values", Shape::List(&Shape::Scalar, 0)).required(),
        Construct::new("steps", "what is done each time", STEPS).required(),
    ],
};

/// What an alternative can say.
pub(in crate::script) const ALTERNATIVE: &Mapping = &Mapping {
    what: "an alternative",
    keys: &[
        Construct::new("name", "what it is, for transcript and results", Shape::Text).required(),
        Construct::new("steps", "what must hold for it to be taken", STEPS).required(),
    ],
};

/// What `use` can say.
pub(in crate::script) const USE: &Mapping = &Mapping {
    what: "`use`",
    keys: &[
        Construct::new("block", "the block's name", Shape::Text).required(),
        Construct::new("with", "texts for its parameters", TEXTS),
    ],
};

pub(super) const STEPS_STEP: Construct =
    Construct::new("steps", "steps in order, as one step: what `when` is about, for instance", STEPS)
        .brief("`steps: [login, drop]`")
        .example(
            "imap",
            "\
- when: IDLE
  steps:
    - login
    - talk: |
        C: NOOP
        S: OK                       § rfc3501-6.1.2-R1
",
        );

pub(super) const REPEAT_STEP: Construct =
    Construct::new("repeat", "steps so many times, below", Shape::Mapping(REPEAT))
        .brief("`repeat: {times: 3, as: i, steps: […]}`")
        .example(
            "pop3",
            "\
- login
- repeat:
    times: 2
    as: i
    steps:
      - talk: |
          C: LIST ${i}
          S: +OK ${i} ${_ = number} § rfc1939-5-R3
",
        );

pub(super) const FOR_STEP: Construct =
    Construct::new("for", "steps once for each value, below", Shape::Mapping(FOR))
        .brief("`for: {each: word, in: [a, b], steps: […]}`")
        .example(
            "pop3",
            "\
- login
- for:
    each: word
    in: [NOOP, noop, nOoP]
    steps:
      - talk: |
          C: ${word}
          S: +OK                    § rfc1939-3-R11
",
        );

pub(super) const TOGETHER: Construct =
    Construct::new("together", "branches at once, below", Shape::List(&STEPS, 2))
        .brief("`together:` and a list of branches below, each a list of steps")
        .example(
            "imap",
            "\
- together:
    - - login: {name: a}
      - on: a
        talk: |
          C: NOOP
          S: OK                     § rfc3501-6.1.2-R1
    - - login: {name: b}
      - on: b
        talk: |
          C: NOOP
          S: OK
",
        );

pub(super) const ANY_OF: Construct = Construct::new(
    "any-of",
    "alternatives that an RFC allows, below",
    Shape::List(&Shape::Mapping(ALTERNATIVE), 2),
)
.brief("`any-of:` and a list of `{name: …, steps: […]}` below")
.example(
    "imap",
    "\
- login
- talk: |
    C: XYZZY
- any-of:
    - name: it is not understood
      steps:
        - talk: |
            S: BAD                  § rfc3501-7.1.3-R1
    - name: the server hangs up
      steps:
        - closed
- talk: |
    C: NOOP
    S: OK
",
);

pub(super) const USE_STEP: Construct =
    Construct::new("use", "the steps of a block, below", Shape::Either(&[Shape::Text, Shape::Mapping(USE)]))
        .brief("`use: {block: name, with: {parameter: text}}`")
        .example(
            "imap",
            "\
- login: {name: other}
- use: {block: select-inbox, with: {on: other}}
- on: other
  talk: |
    C: CHECK
    S: OK                           § rfc3501-6.4.1-R1
",
        );
