//! The language, declared: each construct with its meaning, what may stand behind it, and an example.
//!
//! Everything that must know the constructs derives from here: the keys that the reader takes and
//! suggests, the JSON Schema, the tables and the reference of `docs/script-language.md`, and
//! `mailspec explain`. What a construct does is the reader's and the runner's affair.

mod case;
mod check;
mod condition;
mod given;
mod page;
mod pattern;
mod payload;
mod sasl;
mod schema;
mod settings;
mod shape;
mod steps;
mod suite;
mod talk;

pub use page::{reference, regions};
pub use schema::schema;
pub use shape::{Mapping, Need, Shape};

pub(super) use case::{BLOCK, CASE};
pub(super) use check::{CHECK, OPERATORS, SERIES};
pub(super) use condition::CONDITIONS;
pub(super) use given::{ACCOUNT_MAIL, FURTHER, GIVEN, LET, MESSAGE, NEXT_HOP};
pub(super) use pattern::{FILTERS, TYPES};
pub(super) use payload::{MIME, PAYLOAD};
pub(super) use sasl::{SASL, TAMPER};
pub(super) use settings::{LIMITS, RETRY, SETTINGS, TIMEOUTS, USER_SETTINGS};
pub(super) use steps::{
    ACCEPT, ALTERNATIVE, ARRIVAL, CLOSED, COMPRESS, DATA, EVENTUALLY, FOR, HAS, HEARD, MAILBOX, MODIFIERS,
    OPEN, RECEIVE, RECORDS, REPEAT, SEND, SERVE, SILENCE, STARTTLS, STEPS, STOP, TLS, USE,
};
pub(super) use suite::SUITE;
pub(super) use talk::LINES;

/// One construct of the language: a key, a step, an operator, a type.
#[derive(Debug, Clone, Copy)]
pub struct Construct {
    /// How it is written: `silence`, `S?:`, `greater-than`.
    pub name: &'static str,
    /// What it means, in Markdown, without a final stop.
    pub means: &'static str,
    /// What may stand behind it.
    pub shape: Shape,
    /// Whether it may be left out.
    pub need: Need,
    /// The version of the language that has had it first.
    pub since: u8,
    /// How it is written in short, for a mistake and for the table of its chapter.
    pub brief: Option<&'static str>,
    /// Steps, or what stands below a case's name, that show it and hold on the reference server.
    pub example: Option<Example>,
    /// What can be shown of it when it does not hold.
    pub failure: Failure,
}

/// A part of a case that holds on the reference server.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// What it speaks.
    pub protocol: &'static str,
    /// Steps (`- …`), or what stands below a case's name.
    pub text: &'static str,
}

/// What can be shown of a construct when it does not hold at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// A picture, which `tests/failures/` has.
    Drawn,
    /// None, and why.
    None(&'static str),
}

impl Construct {
    const fn new(name: &'static str, means: &'static str, shape: Shape) -> Self {
        Self {
            name,
            means,
            shape,
            need: Need::Optional,
            since: 1,
            brief: None,
            example: None,
            failure: Failure::Drawn,
        }
    }

    const fn required(mut self) -> Self {
        self.need = Need::Required;
        self
    }

    const fn brief(mut self, brief: &'static str) -> Self {
        self.brief = Some(brief);
        self
    }

    const fn example(mut self, protocol: &'static str, text: &'static str) -> Self {
        self.example = Some(Example { protocol, text });
        self
    }

    const fn cannot_fail(mut self, why: &'static str) -> Self {
        self.failure = Failure::None(why);
        self
    }
}

/// Constructs of one kind.
#[derive(Debug, Clone, Copy)]
pub struct Chapter {
    /// What each of them is: `step`, `operator`.
    pub kind: &'static str,
    /// What its column is called.
    pub column: &'static str,
    /// The constructs.
    pub constructs: &'static [Construct],
}

/// Every chapter of the language.
pub const CHAPTERS: &[Chapter] = &[
    Chapter { kind: "suite", column: "key", constructs: SUITE.keys },
    Chapter { kind: "case", column: "key", constructs: CASE.keys },
    Chapter { kind: "condition", column: "condition", constructs: CONDITIONS },
    Chapter { kind: "given", column: "key", constructs: GIVEN.keys },
    Chapter { kind: "settings", column: "setting", constructs: SETTINGS.keys },
    Chapter { kind: "message", column: "key", constructs: MESSAGE.keys },
    Chapter { kind: "let", column: "key", constructs: LET.keys },
    Chapter { kind: "mime", column: "key", constructs: MIME.keys },
    Chapter { kind: "filter", column: "filter", constructs: FILTERS },
    Chapter { kind: "modifier", column: "modifier", constructs: MODIFIERS },
    Chapter { kind: "step", column: "step", constructs: STEPS },
    Chapter { kind: "line", column: "line", constructs: LINES },
    Chapter { kind: "type", column: "type", constructs: TYPES },
    Chapter { kind: "operator", column: "operator", constructs: OPERATORS },
    Chapter { kind: "series", column: "series", constructs: SERIES },
    Chapter { kind: "sasl", column: "key", constructs: SASL.keys },
];

/// The constructs of a name, each with its chapter's kind.
pub fn find(name: &str) -> impl Iterator<Item = (&'static str, &'static Construct)> {
    let kinds = CHAPTERS.iter().flat_map(|chapter| {
        let kind = chapter.kind;
        chapter.constructs.iter().map(move |construct| (kind, construct))
    });
    kinds.filter(move |(_, construct)| construct.name == name)
}

/// The names of some constructs.
pub(super) fn names(constructs: &'static [Construct]) -> impl Iterator<Item = &'static str> {
    constructs.iter().map(|construct| construct.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_construct_says_what_it_means_and_stands_once() {
        for chapter in CHAPTERS {
            let mut names: Vec<&str> = names(chapter.constructs).collect();
            for construct in chapter.constructs {
                assert!(!construct.means.is_empty() && !construct.means.ends_with('.'), "{}", construct.name);
                assert!(construct.since >= 1);
            }
            names.sort_unstable();
            let count = names.len();
            names.dedup();
            assert_eq!(names.len(), count, "{}", chapter.kind);
        }
    }

    #[test]
    fn every_step_has_an_example() {
        for construct in STEPS.iter().chain(MODIFIERS).chain(LINES).chain(OPERATORS).chain(TYPES) {
            assert!(construct.example.is_some(), "{}", construct.name);
        }
    }

    #[test]
    fn words_of_the_model_are_declared_in_its_order() {
        use crate::script::model::{Operator, Series};
        use crate::script::pattern::CaptureType;
        use crate::script::template::Filter;
        let same = |declared: &'static [Construct], words: Vec<&str>| {
            assert_eq!(names(declared).collect::<Vec<_>>(), words);
        };
        same(OPERATORS, Operator::ALL.map(|(word, _)| word).to_vec());
        same(SERIES, Series::ALL.map(|(word, _)| word).to_vec());
        same(FILTERS, Filter::ALL.map(|(word, _)| word).to_vec());
        let types: Vec<&str> = CaptureType::WORDS.iter().map(|(word, _)| *word).chain(["/REGEX/"]).collect();
        same(TYPES, types);
    }
}
