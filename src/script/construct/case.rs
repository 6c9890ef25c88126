//! What a case can say, and a block.

use super::given::{GIVEN, LET_VALUES};
use super::shape::{STEPS, Shape, TEXTS, WORDS};
use super::{Construct, Mapping};

const READ_ONLY: &str = "it says what is run, and is nothing that holds or not";

/// A case.
pub(in crate::script) const CASE: &Mapping = &Mapping {
    what: "a case",
    keys: &[
        Construct::new(
            "id",
            "stable, lower-case words joined by `-`. The whole id is the file's path below the folder `suites`, without `.yaml`, and this: `pop3/update/dele-without-quit`; for a file outside of such a folder its name and this",
            Shape::Like("^[a-z0-9]+(-[a-z0-9]+)*$"),
        )
        .required()
        .cannot_fail(READ_ONLY),
        Construct::new("name", "a sentence that says what holds", Shape::Text).required().cannot_fail(READ_ONLY),
        Construct::new("note", "why the rule is so, shown by `explain` and in reports", Shape::Text),
        Construct::new("tags", "list of words", WORDS).cannot_fail(READ_ONLY),
        Construct::new(
            "needs",
            "list of conditions; the case is skipped, with the reason, where one does not hold",
            Shape::List(&Shape::Ref("need"), 0),
        )
        .cannot_fail("the case is skipped then, and the reason told"),
        Construct::new("given", "the fixture", Shape::Mapping(GIVEN)).cannot_fail("what fails is a key of it"),
        Construct::new("let", "variables", LET_VALUES).cannot_fail("what they read is there, or the script is refused"),
        Construct::new("deadline", "for the whole case, longer than any wait in it; default `20s` and the longest `within`", Shape::Duration),
        Construct::new(
            "table",
            "rows that each make a case of this one, below",
            Shape::List(&TEXTS, 1),
        ),
        Construct::new("steps", "list of steps", STEPS).required().cannot_fail("what fails is one of them"),
        Construct::new(
            "teardown",
            "list of steps that are done behind the steps, however those ended. They judge nothing: what does not hold there is told in the transcript alone",
            STEPS,
        )
        .example(
            "imap",
            "\
steps:
  - login
  - talk: |
      C: CREATE Scratch
      S: OK                         § rfc3501-6.3.3-R1
teardown:
  - login
  - talk: |
      C: DELETE Scratch
      S: OK|NO
",
        ),
    ],
};

/// A block of steps that has a name.
pub(in crate::script) const BLOCK: &Mapping = &Mapping {
    what: "a block",
    keys: &[
        Construct::new(
            "with",
            "parameters, each with its default; one with nothing behind it must be given",
            TEXTS,
        ),
        Construct::new("steps", "its steps", STEPS).required(),
    ],
};
