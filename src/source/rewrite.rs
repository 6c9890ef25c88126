//! Trees made from trees: text put in the place of `${name}`, and trees of files that others take in.
//!
//! What was put in points to the `${name}` that it stands for, so that a mistake in it is drawn
//! where the script can be mended.

use std::ops::Range;

use super::node::{Fidelity, Piece};
use super::{Entry, Node, Scalar, Span, Value};

/// Names and the texts that take their place.
pub type Replacements = [(String, String)];

impl Node {
    /// The tree with each `${name}` of the replacements replaced, in keys and scalars. A `${name}`
    /// with a filter or a type stays, and so does `$${name}`.
    #[must_use]
    pub fn replaced(&self, with: &Replacements) -> Self {
        let value = match &self.value {
            Value::Scalar(scalar) => Value::Scalar(scalar.replaced(with)),
            Value::Sequence(items) => Value::Sequence(items.iter().map(|item| item.replaced(with)).collect()),
            Value::Mapping(entries) => {
                let entry = |entry: &Entry| Entry {
                    key: replaced(&entry.key, with),
                    key_span: entry.key_span,
                    value: entry.value.replaced(with),
                };
                Value::Mapping(entries.iter().map(entry).collect())
            }
        };
        Self { value, span: self.span }
    }

    /// The tree of a file that another one takes in, at the offsets that it has there.
    #[must_use]
    pub fn shifted(&self, base: usize) -> Self {
        let at = |span: Span| Span::new(span.start + base, span.end + base);
        let value = match &self.value {
            Value::Scalar(scalar) => {
                let pieces =
                    scalar.pieces.iter().map(|piece| Piece { file: piece.file + base, ..*piece }).collect();
                Value::Scalar(Scalar { pieces, ..scalar.clone() })
            }
            Value::Sequence(items) => Value::Sequence(items.iter().map(|item| item.shifted(base)).collect()),
            Value::Mapping(entries) => {
                let entry = |entry: &Entry| Entry {
                    key: entry.key.clone(),
                    key_span: at(entry.key_span),
                    value: entry.value.shifted(base),
                };
                Value::Mapping(entries.iter().map(entry).collect())
            }
        };
        Self { value, span: at(self.span) }
    }
}

impl Scalar {
    fn replaced(&self, with: &Replacements) -> Self {
        let places = places(&self.text, with);
        if places.is_empty() {
            return self.clone();
        }
        let mut made = Self { text: String::new(), style: self.style, pieces: Vec::new() };
        let mut at = 0;
        for (range, value) in places {
            made.take(self, at..range.start);
            let span = self.span_of(range.clone());
            let (file, length) = (span.start, span.end - span.start);
            made.pieces.push(Piece { text: made.text.len(), file, length, fidelity: Fidelity::Escaped });
            made.text.push_str(value);
            at = range.end;
        }
        made.take(self, at..self.text.len());
        made
    }

    /// Puts a part of another scalar behind this one, with the way back to the file.
    fn take(&mut self, from: &Self, range: Range<usize>) {
        let Some(text) = from.text.get(range.clone()).filter(|text| !text.is_empty()) else { return };
        let base = self.text.len();
        let ends = from.pieces.iter().skip(1).map(|piece| piece.text).chain([from.text.len()]);
        for (piece, end) in from.pieces.iter().zip(ends) {
            let (start, end) = (piece.text.max(range.start), end.min(range.end));
            if start < end {
                let inside = start - piece.text;
                let (file, length) = match piece.fidelity {
                    Fidelity::Verbatim => (piece.file + inside, piece.length.saturating_sub(inside)),
                    Fidelity::Escaped => (piece.file, piece.length),
                };
                let text = base + (start - range.start);
                self.pieces.push(Piece { text, file, length, fidelity: piece.fidelity });
            }
        }
        self.text.push_str(text);
    }
}

fn replaced(text: &str, with: &Replacements) -> String {
    let mut made = String::new();
    let mut at = 0;
    for (range, value) in places(text, with) {
        made.push_str(text.get(at..range.start).unwrap_or_default());
        made.push_str(value);
        at = range.end;
    }
    made.push_str(text.get(at..).unwrap_or_default());
    made
}

/// Where each `${name}` stands, and what takes its place.
fn places<'a>(text: &str, with: &'a Replacements) -> Vec<(Range<usize>, &'a str)> {
    let mut places = Vec::new();
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find("${")) {
        let start = at + found;
        at = start + 2;
        if text.get(..start).is_some_and(|before| before.ends_with('$')) {
            continue;
        }
        let Some(length) = text.get(at..).and_then(|rest| rest.find('}')) else { break };
        let name = text.get(at..at + length).unwrap_or_default().trim();
        if let Some((_, value)) = with.iter().find(|(known, _)| known == name) {
            at += length + 1;
            places.push((start..at, value.as_str()));
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{SourceFile, parse};
    use super::*;

    fn tree(text: &str) -> Node {
        parse(&Arc::new(SourceFile::new("x.yaml", text))).unwrap()
    }

    fn with(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_name_is_replaced_in_keys_and_texts_and_nowhere_else() {
        let node = tree("${a}: x ${ a } $${a} ${a | upper} ${b} ${a = number}\n");
        let made = node.replaced(&with(&[("a", "one")]));
        let [entry] = made.entries().unwrap() else { panic!() };
        assert_eq!(entry.key, "one");
        assert_eq!(entry.value.scalar().unwrap().text, "x one $${a} ${a | upper} ${b} ${a = number}");
    }

    #[test]
    fn what_stands_behind_a_replacement_is_still_found_in_the_file() {
        let text = "- |\n  C: ${word} x\n  S: OK ${word} y\n";
        let made = tree(text).replaced(&with(&[("word", "a longer text")]));
        let scalar = made.items().unwrap()[0].scalar().unwrap();
        assert_eq!(scalar.text, "C: a longer text x\nS: OK a longer text y\n");
        for (found, at) in [(" x", " x\n"), ("S:", "S:"), (" y", " y\n"), ("a longer", "${word} x")] {
            let offset = scalar.text.find(found).unwrap();
            assert_eq!(scalar.locate(offset), text.find(at).unwrap(), "{found}");
        }
        let whole = scalar.text.find("a longer text").unwrap();
        assert_eq!(scalar.span_of(whole..whole + 13), Span::new(9, 16));
    }

    #[test]
    fn a_tree_that_is_taken_in_stands_at_other_offsets() {
        let shifted = tree("a: [b, c]\n").shifted(100);
        let [entry] = shifted.entries().unwrap() else { panic!() };
        assert_eq!((entry.key_span, entry.value.span), (Span::new(100, 101), Span::new(103, 109)));
        let items = entry.value.items().unwrap();
        assert_eq!(items[1].scalar().unwrap().span_of(0..1), Span::new(107, 108));
    }
}
