//! Comparisons of values, and mailboxes that are polled.

use super::talk::Law;
use crate::script::pattern::TextPattern;
use crate::script::template::Template;
use crate::source::Span;

/// `eventually: {mailbox: …}`.
#[derive(Debug, Clone)]
pub struct EventuallyMailbox {
    /// Whose.
    pub account: String,
    /// Which; POP3 reads only `INBOX`.
    pub folder: String,
    /// What a message must have.
    pub has: MessageTraits,
    /// How many such messages there must be, exactly; else at least one.
    pub count: Option<usize>,
    /// The variable that takes the (last) message's octets, and with `.body` its body.
    pub bind: Option<String>,
    /// What it judges.
    pub law: Option<Law>,
}

/// What a message must have.
#[derive(Debug, Clone, Default)]
pub struct MessageTraits {
    /// Header fields (name, value pattern matched against the unfolded value).
    pub headers: Vec<(String, TextPattern)>,
    /// The body, octet for octet.
    pub body: Option<Template>,
    /// Octets somewhere in the body.
    pub body_contains: Option<Template>,
}

/// A comparison.
#[derive(Debug, Clone)]
pub struct Check {
    /// The left side.
    pub value: Template,
    /// How it compares.
    pub operator: Operator,
    /// The right side; a regular expression for `matches`.
    pub operand: Template,
    /// What it judges.
    pub law: Option<Law>,
    /// Where it stands.
    pub span: Span,
}

/// How values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// The same octets.
    Equals,
    /// Other octets.
    NotEquals,
    /// The operand occurs in the value.
    Contains,
    /// The operand does not occur in the value.
    NotContains,
    /// The value begins with the operand.
    StartsWith,
    /// The value ends with the operand.
    EndsWith,
    /// The regular expression is found in the value.
    Matches,
    /// As numbers.
    GreaterThan,
    /// As numbers.
    LessThan,
    /// As numbers.
    AtLeast,
    /// As numbers.
    AtMost,
    /// The same words, in any order and each as often; `1:3` stands for the numbers in it.
    SameSet,
    /// The words of the value are numbers in an order: the operand says which.
    Are,
}

impl Operator {
    /// Every operator with its key in scripts.
    pub const ALL: [(&'static str, Self); 13] = [
        ("equals", Self::Equals),
        ("not-equals", Self::NotEquals),
        ("contains", Self::Contains),
        ("not-contains", Self::NotContains),
        ("starts-with", Self::StartsWith),
        ("ends-with", Self::EndsWith),
        ("matches", Self::Matches),
        ("greater-than", Self::GreaterThan),
        ("less-than", Self::LessThan),
        ("at-least", Self::AtLeast),
        ("at-most", Self::AtMost),
        ("same-set", Self::SameSet),
        ("are", Self::Are),
    ];
}

/// What the words of a value can be said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Series {
    /// Each number is greater than the one before it.
    StrictlyIncreasing,
    /// Each number is less than the one before it.
    StrictlyDecreasing,
    /// No word stands twice.
    Distinct,
    /// All words are the same.
    Equal,
}

impl Series {
    /// Every series with its word in scripts.
    pub const ALL: [(&'static str, Self); 4] = [
        ("strictly-increasing", Self::StrictlyIncreasing),
        ("strictly-decreasing", Self::StrictlyDecreasing),
        ("distinct", Self::Distinct),
        ("equal", Self::Equal),
    ];

    /// The series that a word names.
    #[must_use]
    pub fn find(word: &[u8]) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| known.as_bytes() == word).map(|(_, series)| *series)
    }
}
