//! What may stand behind a construct's name.

use super::Construct;

/// What may stand behind a construct's name.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Nothing: it is a word of its own.
    Nothing,
    /// Text.
    Text,
    /// Text of which the expression says what it looks like.
    Like(&'static str),
    /// The number 1.
    One,
    /// A whole number, this or more.
    Number(usize),
    /// `true` or `false`.
    Boolean,
    /// A text, a number, or a word such as `true`, each taken as the text it is.
    Scalar,
    /// A time.
    Duration,
    /// Requirement ids with an optional level.
    Law,
    /// One of these words.
    Word(fn() -> Vec<&'static str>),
    /// A mapping with these keys.
    Mapping(&'static Mapping),
    /// A mapping with one of these keys.
    OneOf(&'static [Construct]),
    /// A mapping with keys of the script's own.
    Named(&'static Self),
    /// A list of at least so many items.
    List(&'static Self, usize),
    /// One of these.
    Either(&'static [Self]),
    /// A shape that has a name, as it holds itself or is used widely.
    Ref(&'static str),
}

/// Whether a construct may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It must be there.
    Required,
    /// It may be left out.
    Optional,
}

/// A mapping with known keys.
#[derive(Debug, Clone, Copy)]
pub struct Mapping {
    /// What it is called in mistakes.
    pub what: &'static str,
    /// Its keys.
    pub keys: &'static [Construct],
}

impl Mapping {
    /// The names of its keys.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.keys.iter().map(|key| key.name).collect()
    }
}

/// A list of texts.
pub(super) const WORDS: Shape = Shape::List(&Shape::Text, 0);
/// A list of steps.
pub(super) const STEPS: Shape = Shape::List(&Shape::Ref("step"), 1);
/// Names of parameters or columns with their texts.
pub(super) const TEXTS: Shape = Shape::Named(&Shape::Either(&[Shape::Scalar, Shape::Nothing]));

impl Shape {
    /// Whether nothing need stand behind the name.
    #[must_use]
    pub fn may_be_nothing(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Either(shapes) => shapes.iter().any(Self::may_be_nothing),
            _ => false,
        }
    }

    /// The mappings in it, the outermost first.
    #[must_use]
    pub fn mappings(&self) -> Vec<&'static Mapping> {
        match self {
            Self::Mapping(mapping) => vec![mapping],
            Self::Named(shape) | Self::List(shape, _) => shape.mappings(),
            Self::Either(shapes) => shapes.iter().flat_map(Self::mappings).collect(),
            _ => Vec::new(),
        }
    }

    /// What it is, in a few words.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Nothing => "nothing".to_owned(),
            Self::Text | Self::Like(_) | Self::Scalar => "text".to_owned(),
            Self::One => "`1`".to_owned(),
            Self::Number(_) => "number".to_owned(),
            Self::Boolean => "`true` or `false`".to_owned(),
            Self::Duration => "time".to_owned(),
            Self::Law => "requirement ids".to_owned(),
            Self::Word(words) => {
                let words: Vec<String> = words().iter().map(|word| format!("`{word}`")).collect();
                words.join(", ")
            }
            Self::Mapping(_) | Self::OneOf(_) | Self::Named(_) => "mapping".to_owned(),
            Self::List(shape, _) => match shape {
                Self::Ref(name) => format!("list of {name}s"),
                Self::Text => "list of texts".to_owned(),
                _ => "list".to_owned(),
            },
            Self::Either(shapes) => {
                let mut all: Vec<String> = shapes.iter().map(Self::describe).collect();
                all.dedup();
                all.join(", or ")
            }
            Self::Ref(name) => (*name).to_owned(),
        }
    }
}
