//! The tree of a YAML text: mappings, sequences and scalars, each with its place in the file.
//!
//! It holds what was written, not what it means: types are the decoder's affair.

use std::ops::Range;

use super::Span;

/// One node of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it holds.
    pub value: Value,
    /// Where it stands.
    pub span: Span,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys with values, in the order written; no key stands twice.
    Mapping(Vec<Entry>),
}

/// One key of a mapping, with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key's text.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

/// A scalar's text after YAML's own escapes and folding, with the way back to the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The text.
    pub text: String,
    /// How it was written.
    pub style: Style,
    /// Pieces of `text` that stand in the file, by ascending place in the text.
    pub(super) pieces: Vec<Piece>,
}

/// How a scalar was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In single or double quotes.
    Quoted,
    /// As a block, `|` or `>`.
    Block,
    /// Not at all: `key:` with nothing behind it.
    Absent,
}

/// A part of a scalar's text and where the file has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    /// First byte in the scalar's text.
    pub(super) text: usize,
    /// First byte in the file.
    pub(super) file: usize,
    /// Length in the file.
    pub(super) length: usize,
    /// Whether text and file hold the same bytes there, so that offsets inside can be carried over.
    pub(super) fidelity: Fidelity,
}

/// Whether a piece of text stands in the file byte for byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fidelity {
    /// Byte for byte.
    Verbatim,
    /// As an escape, or folded: only the whole can be pointed at.
    Escaped,
}

impl Scalar {
    /// The file offset of a byte of the text.
    #[must_use]
    pub fn locate(&self, offset: usize) -> usize {
        let after = self.pieces.partition_point(|piece| piece.text <= offset);
        match after.checked_sub(1).and_then(|index| self.pieces.get(index)) {
            None => self.pieces.first().map_or(0, |piece| piece.file),
            Some(piece) => match piece.fidelity {
                Fidelity::Verbatim => piece.file + (offset - piece.text).min(piece.length),
                Fidelity::Escaped => piece.file,
            },
        }
    }

    /// Where a range of the text stands in the file.
    #[must_use]
    pub fn span_of(&self, range: Range<usize>) -> Span {
        let start = self.locate(range.start);
        if range.is_empty() {
            return Span::new(start, start);
        }
        let last = range.end - 1;
        let after = self.pieces.partition_point(|piece| piece.text <= last);
        let end = match after.checked_sub(1).and_then(|index| self.pieces.get(index)) {
            None => start,
            Some(piece) => match piece.fidelity {
                Fidelity::Verbatim => piece.file + (range.end - piece.text).min(piece.length),
                Fidelity::Escaped => piece.file + piece.length,
            },
        };
        Span::new(start, end.max(start))
    }

    /// The lines of the text with the offset of each in it; a final line end makes no empty line.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut offset = 0;
        self.text.split_inclusive('\n').map(move |line| {
            let at = offset;
            offset += line.len();
            (at, line.strip_suffix('\n').unwrap_or(line))
        })
    }
}

impl Node {
    /// What the node is, for messages: `a mapping`, `a list`, `text`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match &self.value {
            Value::Mapping(_) => "a mapping",
            Value::Sequence(_) => "a list",
            Value::Scalar(Scalar { style: Style::Absent, .. }) => "nothing",
            Value::Scalar(_) => "text",
        }
    }

    /// The scalar, when it is one and something was written.
    #[must_use]
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) if scalar.style != Style::Absent => Some(scalar),
            _ => None,
        }
    }

    /// The entries, when it is a mapping.
    #[must_use]
    pub fn entries(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items, when it is a list.
    #[must_use]
    pub fn items(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// Whether nothing was written: `key:` with nothing behind it.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        matches!(&self.value, Value::Scalar(Scalar { style: Style::Absent, .. }))
    }
}
