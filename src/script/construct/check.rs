//! Comparisons.

use super::shape::Shape;
use super::{Construct, Mapping};

const OPERAND: Shape = Shape::Scalar;

const fn operator(name: &'static str, means: &'static str) -> Construct {
    Construct::new(name, means, OPERAND)
}

const VALUE: Construct = Construct::new("value", "the left side", Shape::Text).required();
const LAW: Construct =
    Construct::new("law", "what it judges; without it the check is a precondition", Shape::Law);

const EQUALS: Construct = operator("equals", "the same octets")
    .example("imap", "- check: {value: \"${alice.user | upper | lower}\", equals: \"${alice.user | lower}\", law: rfc3501-6.1.2-R1}\n");
const NOT_EQUALS: Construct = operator("not-equals", "other octets").example(
    "imap",
    "- check: {value: \"${alice.user}\", not-equals: \"${alice.secret}\", law: rfc3501-6.1.2-R1}\n",
);
const CONTAINS: Construct = operator("contains", "the operand occurs in the value")
    .example("imap", "- check: {value: \"${inbox.1}\", contains: \"Subject: one\", law: rfc3501-6.1.2-R1}\n");
const NOT_CONTAINS: Construct = operator("not-contains", "the operand does not occur in the value").example(
    "imap",
    "- check: {value: \"${inbox.1}\", not-contains: \"Subject: two\", law: rfc3501-6.1.2-R1}\n",
);
const STARTS_WITH: Construct = operator("starts-with", "the value begins with the operand")
    .example("imap", "- check: {value: \"${inbox.1}\", starts-with: \"From: \", law: rfc3501-6.1.2-R1}\n");
const ENDS_WITH: Construct = operator("ends-with", "the value ends with the operand").example(
    "imap",
    "- check: {value: \"${alice.address}\", ends-with: \"@${domain}\", law: rfc3501-6.1.2-R1}\n",
);
const MATCHES: Construct = operator("matches", "the regular expression is found in the value")
    .example("imap", "- check: {value: \"${unique}\", matches: \"^[a-z0-9]+\", law: rfc3501-6.1.2-R1}\n");
const GREATER_THAN: Construct = operator("greater-than", "as numbers").example(
    "imap",
    "- check: {value: \"${inbox.1 | octets}\", greater-than: \"10\", law: rfc3501-6.1.2-R1}\n",
);
const LESS_THAN: Construct = operator("less-than", "as numbers").example(
    "imap",
    "- check: {value: \"${inbox.1 | octets}\", less-than: \"1000\", law: rfc3501-6.1.2-R1}\n",
);
const AT_LEAST: Construct = operator("at-least", "as numbers")
    .example("imap", "- check: {value: \"2\", at-least: \"2\", law: rfc3501-6.1.2-R1}\n");
const AT_MOST: Construct = operator("at-most", "as numbers")
    .example("imap", "- check: {value: \"2\", at-most: \"2\", law: rfc3501-6.1.2-R1}\n");
const SAME_SET: Construct = operator(
    "same-set",
    "the same words in any order, each as often; white space, commas and parentheses set words apart, and `1:3` stands for the numbers in it",
)
.example("imap", "- check: {value: \"1:3\", same-set: \"3 2 1\", law: rfc3501-6.1.2-R1}\n");
const ARE: Construct = operator("are", "something that holds of all words of the value, below")
    .example("imap", "- check: {value: \"1 2 4\", are: strictly-increasing, law: rfc3501-6.1.2-R1}\n");

/// How values compare.
pub(in crate::script) const OPERATORS: &[Construct] = &[
    EQUALS,
    NOT_EQUALS,
    CONTAINS,
    NOT_CONTAINS,
    STARTS_WITH,
    ENDS_WITH,
    MATCHES,
    GREATER_THAN,
    LESS_THAN,
    AT_LEAST,
    AT_MOST,
    SAME_SET,
    ARE,
];

/// A comparison.
pub(in crate::script) const CHECK: &Mapping = &Mapping {
    what: "`check`",
    keys: &[
        VALUE,
        EQUALS,
        NOT_EQUALS,
        CONTAINS,
        NOT_CONTAINS,
        STARTS_WITH,
        ENDS_WITH,
        MATCHES,
        GREATER_THAN,
        LESS_THAN,
        AT_LEAST,
        AT_MOST,
        SAME_SET,
        ARE,
        LAW,
    ],
};

const fn series(name: &'static str, means: &'static str) -> Construct {
    Construct::new(name, means, Shape::Nothing)
}

/// What the words of a value can be said to be.
pub(in crate::script) const SERIES: &[Construct] = &[
    series("strictly-increasing", "each number is greater than the one before it"),
    series("strictly-decreasing", "each number is less than the one before it"),
    series("distinct", "no word stands twice"),
    series("equal", "all words are the same"),
];
