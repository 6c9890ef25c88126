//! What a suite can say.

use super::case::BLOCK;
use super::settings::SETTINGS;
use super::shape::{Shape, WORDS};
use super::{Construct, Mapping};
use crate::script::model::Protocol;

const READ_ONLY: &str = "it says what is run, and is nothing that holds or not";

/// The words of all protocols.
pub(super) fn protocols() -> Vec<&'static str> {
    Protocol::ALL.iter().map(|protocol| protocol.as_str()).collect()
}

/// A suite.
pub(in crate::script) const SUITE: &Mapping = &Mapping {
    what: "a suite",
    keys: &[
        Construct::new("version", "1", Shape::One).required().cannot_fail(READ_ONLY),
        Construct::new("suite", "title", Shape::Text).required().cannot_fail(READ_ONLY),
        Construct::new(
            "protocol",
            "`smtp`, `submission`, `lmtp`, `pop3`, `imap`: what `connect`, `greet` and `login` open when they do not say",
            Shape::Word(protocols),
        )
        .required()
        .cannot_fail(READ_ONLY),
        Construct::new("tags", "list of words, inherited by the cases", WORDS).cannot_fail(READ_ONLY),
        Construct::new("needs", "list of conditions, inherited by the cases", Shape::List(&Shape::Ref("need"), 0))
            .cannot_fail("a case is skipped then, and the reason told"),
        Construct::new(
            "settings",
            "how the target is set for all cases, as `settings` in `given`; what a case says itself counts before it",
            Shape::Mapping(SETTINGS),
        )
        .cannot_fail("a case is skipped where the target is not set so, and the reason told"),
        Construct::new("blocks", "steps with a name, for `use`", Shape::Named(&Shape::Mapping(BLOCK)))
            .cannot_fail("what fails is a step of it"),
        Construct::new("cases", "list of cases", Shape::List(&Shape::Ref("case"), 1)).required().cannot_fail(READ_ONLY),
    ],
};
