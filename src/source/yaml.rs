//! YAML text into a tree of [`Node`]s: the one file that names the YAML crate.
//!
//! The crate's parser gives events with byte positions; the tree is built from
//! them by hand, because a derive would stop at the first mistake and forget
//! where everything stood. Size, depth and the number of nodes are bounded, so
//! that aliases cannot multiply without end.

use std::collections::HashMap;
use std::sync::Arc;

use serde_yaml::granit_parser::{self, Event, Parser, ScalarStyle, ScanError};

use super::node::{Entry, Fidelity, Node, Piece, Scalar, Style, Value};
use super::{Diagnostic, SourceFile, Span};

/// The most bytes a file may have.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// The deepest nesting.
const MAX_DEPTH: usize = 64;
/// The most nodes, aliases expanded.
const MAX_NODES: usize = 200_000;

/// Reads a file's text into its tree.
///
/// # Errors
/// What YAML itself forbids (the first of it), and what it allows and we do not: duplicate keys,
/// keys that are not text, tags, several documents, and texts beyond the bounds.
pub fn parse(file: &Arc<SourceFile>) -> Result<Node, Vec<Diagnostic>> {
    let text = file.text();
    if text.len() > MAX_BYTES {
        let message = format!("the file has {} bytes, more than the {MAX_BYTES} allowed", text.len());
        return Err(vec![Diagnostic::error(file, Span::new(0, 0), message)]);
    }
    let mut builder = Builder {
        file,
        open: Vec::new(),
        anchors: HashMap::new(),
        nodes: 0,
        mistakes: Vec::new(),
        root: None,
        documents: 0,
    };
    let mut options = granit_parser::Options::default();
    options.set_emit_comments(false);
    for event in Parser::new_from_str_with_options(text, options) {
        let outcome = match event {
            Ok((event, span)) => {
                let range = span.byte_range().unwrap_or(0..0);
                builder.event(event, Span::new(range.start, range.end))
            }
            Err(error) => Err(syntax_error(file, &error)),
        };
        if let Err(mistake) = outcome {
            builder.mistakes.push(mistake);
            return Err(builder.mistakes);
        }
    }
    match builder.root {
        _ if !builder.mistakes.is_empty() => Err(builder.mistakes),
        Some(root) => Ok(root),
        None => Err(vec![Diagnostic::error(file, Span::new(0, 0), "the file is empty")]),
    }
}

/// A collection whose end has not been seen.
struct Open {
    anchor: usize,
    start: usize,
    content: OpenContent,
    /// `nodes` when it was opened, so that an anchor knows how large it is.
    nodes_before: usize,
}

enum OpenContent {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, key: Option<(String, Span)> },
}

struct Builder<'a> {
    file: &'a Arc<SourceFile>,
    open: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
    mistakes: Vec<Diagnostic>,
    root: Option<Node>,
    documents: usize,
}

impl Builder<'_> {
    fn error(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(self.file, span, message)
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Diagnostic> {
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(self
                        .error(span, "a second document begins here")
                        .help("one file, one document"));
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span)?;
                let node = Node { value: Value::Scalar(scalar(self.file.text(), &text, style, span)), span };
                self.finish(node, anchor, 1)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span)?;
                self.begin(anchor, span, OpenContent::Sequence(Vec::new()))
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span)?;
                self.begin(anchor, span, OpenContent::Mapping { entries: Vec::new(), key: None })
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(id) => {
                let Some((node, size)) = self.anchors.get(&id).cloned() else {
                    return Err(self.error(span, "this alias stands inside what it names"));
                };
                self.finish(node, 0, size)
            }
            _ => Ok(()),
        }
    }

    fn refuse_tag(&self, tagged: bool, span: Span) -> Result<(), Diagnostic> {
        if tagged {
            return Err(self.error(span, "YAML tags (`!…`) have no meaning here").help("leave the tag out"));
        }
        Ok(())
    }

    fn begin(&mut self, anchor: usize, span: Span, content: OpenContent) -> Result<(), Diagnostic> {
        if self.open.len() >= MAX_DEPTH {
            return Err(self.error(span, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.open.push(Open { anchor, start: span.start, content, nodes_before: self.nodes });
        Ok(())
    }

    fn end(&mut self, span: Span) -> Result<(), Diagnostic> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let size = self.nodes.saturating_sub(open.nodes_before) + 1;
        let (value, last) = match open.content {
            OpenContent::Sequence(items) => {
                let last = items.last().map(|item| item.span.end);
                (Value::Sequence(items), last)
            }
            OpenContent::Mapping { entries, .. } => {
                let last = entries.last().map(|entry| entry.value.span.end.max(entry.key_span.end));
                (Value::Mapping(entries), last)
            }
        };
        // A block collection ends where the next token begins; its last child says where it really ends.
        let end = if span.start == span.end { last.unwrap_or(span.end) } else { span.end };
        self.nodes = self.nodes.saturating_sub(size - 1);
        self.finish(Node { value, span: Span::new(open.start, end.max(open.start)) }, open.anchor, size)
    }

    /// Puts a whole node into what is open around it; `size` counts its nodes.
    fn finish(&mut self, node: Node, anchor: usize, size: usize) -> Result<(), Diagnostic> {
        self.nodes = self.nodes.saturating_add(size);
        if self.nodes > MAX_NODES {
            return Err(self.error(node.span, format!("more than {MAX_NODES} values, aliases expanded")));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(OpenContent::Sequence(items)) => items.push(node),
            Some(OpenContent::Mapping { entries, key }) => match key.take() {
                Some((key, key_span)) => {
                    if let Some(first) = entries.iter().find(|entry| entry.key == key) {
                        let line = self.file.location(first.key_span.start).line;
                        let message = format!("the key `{key}` stands twice");
                        let help = format!("it stands first in line {line}; leave one of them out");
                        self.mistakes.push(Diagnostic::error(self.file, key_span, message).help(help));
                    } else {
                        entries.push(Entry { key, key_span, value: node });
                    }
                }
                None => match node.value {
                    Value::Scalar(scalar) => *key = Some((scalar.text, node.span)),
                    Value::Sequence(_) | Value::Mapping(_) => {
                        return Err(self.error(node.span, format!("{} cannot be a key", node.kind())));
                    }
                },
            },
        }
        Ok(())
    }
}

/// The scalar with its way back to the file.
fn scalar(source: &str, text: &str, style: ScalarStyle, span: Span) -> Scalar {
    let raw = source.get(span.start..span.end).unwrap_or("");
    let ours = match style {
        ScalarStyle::Plain if raw.is_empty() => Style::Absent,
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
        ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
    };
    let pieces = match style {
        ScalarStyle::Literal => block_pieces(source, text, span),
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => quoted_pieces(raw, text, span),
        ScalarStyle::Plain | ScalarStyle::Folded => whole_piece(raw, text, span.start, span),
    };
    let text = if ours == Style::Absent { String::new() } else { text.to_owned() };
    Scalar { text, style: ours, pieces }
}

/// One piece: byte for byte when the file has the same bytes, else the whole.
fn whole_piece(raw: &str, text: &str, file: usize, span: Span) -> Vec<Piece> {
    if raw == text {
        vec![Piece { text: 0, file, length: raw.len(), fidelity: Fidelity::Verbatim }]
    } else {
        vec![Piece { text: 0, file: span.start, length: span.end - span.start, fidelity: Fidelity::Escaped }]
    }
}

/// One piece a line: each line of a literal block is the tail of a line of the file.
fn block_pieces(source: &str, text: &str, span: Span) -> Vec<Piece> {
    let blank = text.bytes().take_while(|&byte| byte == b'\n').count();
    let line_start = source.get(..span.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let mut file_line = line_start;
    let mut pieces = Vec::new();
    let mut offset = blank;
    for line in text.get(blank..).unwrap_or("").split_inclusive('\n') {
        let rest = source.get(file_line..).unwrap_or("");
        let with_end = rest.split_inclusive('\n').next().unwrap_or("");
        let in_file = with_end.trim_end_matches(['\n', '\r']);
        let content = line.trim_end_matches('\n');
        let start = file_line + in_file.len().saturating_sub(content.len());
        let fidelity = if in_file.ends_with(content) { Fidelity::Verbatim } else { Fidelity::Escaped };
        pieces.push(Piece { text: offset, file: start, length: content.len(), fidelity });
        offset += line.len();
        file_line += with_end.len();
    }
    pieces
}

/// Runs of plain characters and escapes of a quoted scalar; one piece when it spans lines.
fn quoted_pieces(raw: &str, text: &str, span: Span) -> Vec<Piece> {
    let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or("");
    let start = span.start + 1;
    if inner == text {
        return whole_piece(inner, text, start, span);
    }
    if inner.contains('\n') {
        return whole_piece(raw, text, start, span);
    }
    let quote = raw.as_bytes().first().copied();
    let mut pieces = Vec::new();
    let (mut file, mut at) = (0, 0);
    while let Some(character) = inner.get(file..).and_then(|rest| rest.chars().next()) {
        let length = match (quote, character) {
            (Some(b'\''), '\'') => 2,
            (Some(b'"'), '\\') => match inner.as_bytes().get(file + 1) {
                Some(b'x') => 4,
                Some(b'u') => 6,
                Some(b'U') => 10,
                _ => 2,
            },
            _ => character.len_utf8(),
        };
        let escaped = length != character.len_utf8();
        let fidelity = if escaped { Fidelity::Escaped } else { Fidelity::Verbatim };
        pieces.push(Piece { text: at, file: start + file, length, fidelity });
        // An escape stands for one character of the text.
        at += text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        file += length;
    }
    pieces
}

/// What the YAML crate refuses, in our words where people stumble most.
fn syntax_error(file: &Arc<SourceFile>, error: &ScanError) -> Diagnostic {
    let text = file.text();
    let at = error.marker().byte_offset().unwrap_or(0).min(text.len());
    if let Some(tab) = tab_near(text, at) {
        return Diagnostic::error(file, Span::new(tab, tab + 1), "a tab cannot indent")
            .label("here")
            .help("indent with spaces");
    }
    Diagnostic::error(file, Span::new(at, at), format!("this is not YAML: {}", error.kind())).help(
        "texts that begin with one of * & ! | > % @ ` { [ or hold `: ` or ` #` need quotes or a `|` block",
    )
}

/// A tab in the indentation of the line where the parser stopped, or of the next one.
fn tab_near(text: &str, at: usize) -> Option<usize> {
    let at = (0..=at).rev().find(|&at| text.is_char_boundary(at))?;
    let start = text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    let mut line_start = start;
    for line in text.get(start..)?.split_inclusive('\n').take(2) {
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        if let Some(tab) = line.get(..indent).and_then(|indent| indent.find('\t')) {
            return Some(line_start + tab);
        }
        line_start += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Result<Node, Vec<Diagnostic>> {
        parse(&Arc::new(SourceFile::new("t.yaml", text)))
    }

    fn value<'a>(node: &'a Node, key: &str) -> &'a Node {
        &node.entries().unwrap().iter().find(|entry| entry.key == key).unwrap().value
    }

    #[test]
    fn each_line_of_a_block_knows_its_place_in_the_file() {
        let text = "a:\n  - talk: |\n\n      C: NOOP\n        deeper\r\n\n      S: ä\n";
        let root = tree(text).unwrap();
        let item = &value(&root, "a").items().unwrap()[0];
        let scalar = value(item, "talk").scalar().unwrap();
        let places: Vec<_> = scalar
            .lines()
            .map(|(offset, line)| {
                let start = scalar.locate(offset);
                (line, text.get(start..start + line.len()).unwrap_or("?"))
            })
            .collect();
        assert_eq!(places[1], ("C: NOOP", "C: NOOP"));
        assert_eq!(places[2], ("  deeper", "  deeper"));
        assert_eq!(places[4], ("S: ä", "S: ä"));
    }

    #[test]
    fn quoted_text_with_escapes_still_points_into_the_file() {
        let text = "k: \"a\\r\\n${x}\\x41b\"";
        let root = tree(text).unwrap();
        let scalar = value(&root, "k").scalar().unwrap();
        assert_eq!(scalar.text, "a\r\n${x}Ab");
        let at = scalar.text.find("${x}").unwrap();
        let span = scalar.span_of(at..at + 4);
        assert_eq!(&text[span.start..span.end], "${x}");
        let span = scalar.span_of(at + 4..at + 5);
        assert_eq!(&text[span.start..span.end], "\\x41");
    }

    #[test]
    fn duplicate_keys_are_all_reported() {
        let mistakes = tree("a: 1\nb: 2\na: 3\nb: 4\n").unwrap_err();
        assert_eq!(mistakes.len(), 2);
        assert!(mistakes[0].message.contains("`a`"), "{}", mistakes[0].message);
    }

    #[test]
    fn a_tab_in_the_indentation_is_named() {
        for text in ["a:\n\t- b\n", "a:\n  - b\n\t- c: d\n", "a: |\n  x\n\ty\n"] {
            let mistakes = tree(text).unwrap_err();
            assert_eq!(mistakes[0].message, "a tab cannot indent", "{text:?}");
            assert_eq!(&text[mistakes[0].span.start..mistakes[0].span.end], "\t");
        }
    }

    #[test]
    fn aliases_that_multiply_are_refused() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..9 {
            let before = level - 1;
            let items = vec![format!("*a{before}"); 10].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
        }
        let mistakes = tree(&text).unwrap_err();
        assert!(mistakes[0].message.contains("aliases"), "{}", mistakes[0].message);
    }

    #[test]
    fn depth_tags_documents_and_emptiness_are_refused() {
        assert!(
            tree(&format!("a: {}{}", "[".repeat(80), "]".repeat(80))).unwrap_err()[0]
                .message
                .contains("deeper")
        );
        assert!(tree("a: !b c\n").unwrap_err()[0].message.contains("tags"));
        assert!(tree("a: 1\n---\nb: 2\n").unwrap_err()[0].message.contains("second document"));
        assert!(tree("").unwrap_err()[0].message.contains("empty"));
        assert!(tree("? [a]\n: b\n").unwrap_err()[0].message.contains("cannot be a key"));
    }

    #[test]
    fn nothing_written_is_not_text() {
        let root = tree("a:\nb: ~\n").unwrap();
        assert!(value(&root, "a").is_absent());
        assert_eq!(value(&root, "b").scalar().unwrap().text, "~");
    }
}
