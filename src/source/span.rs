//! Where something stands in a file: byte spans, and the lines and columns people read.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// A range of bytes in a [`SourceFile`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The span from `start` up to, not including, `end`.
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }
}

/// A line and a column, both counted from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// A file's name and text, and the files that it takes parts from.
///
/// Spans beyond its own text are in one of those: each has a range of offsets of its own, so that
/// one [`Span`] says the file too.
#[derive(Debug, Clone)]
pub struct SourceFile {
    path: PathBuf,
    text: String,
    attached: Arc<RwLock<Vec<Attached>>>,
}

/// A file that another one takes in, and where its offsets begin there.
type Attached = (usize, Arc<SourceFile>);

impl SourceFile {
    /// A source from its path (as the user named it) and its text.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into(), attached: Arc::default() }
    }

    /// The path as the user named it.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Takes in a file; offsets in it count from what is returned. One that is there already,
    /// by its path, is not taken in again.
    #[must_use]
    pub fn attach(&self, file: &Arc<Self>) -> usize {
        let mut attached = self.attached.write().unwrap_or_else(PoisonError::into_inner);
        if let Some((base, _)) = attached.iter().find(|(_, known)| known.path == file.path) {
            return *base;
        }
        let end = attached.last().map_or(self.text.len(), |(base, last)| base + last.text.len());
        attached.push((end + 1, Arc::clone(file)));
        end + 1
    }

    /// The file that a span is in, and the span in it.
    #[must_use]
    pub fn resolve(self: &Arc<Self>, span: Span) -> (Arc<Self>, Span) {
        let attached = self.attached.read().unwrap_or_else(PoisonError::into_inner);
        match attached.iter().rev().find(|(base, _)| span.start >= *base) {
            Some((base, file)) => {
                let end = span.end.saturating_sub(*base).min(file.text.len());
                (Arc::clone(file), Span::new(span.start - base, end))
            }
            None => (Arc::clone(self), span),
        }
    }

    /// `line 12`, or with the file where a span is in one that was taken in.
    #[must_use]
    pub fn place(self: &Arc<Self>, span: Span) -> String {
        let (file, inside) = self.resolve(span);
        let line = file.location(inside.start).line;
        if Arc::ptr_eq(self, &file) {
            format!("line {line}")
        } else {
            format!("{}:{line}", file.path.display())
        }
    }

    /// The line and column of a byte offset; past the end it is the end.
    #[must_use]
    pub fn location(&self, offset: usize) -> Location {
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = self.text.get(..end).unwrap_or("");
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        Location { line, column }
    }

    /// The text of a line (from 1), without its line end; empty when there is none.
    #[must_use]
    pub fn line(&self, line: usize) -> &str {
        self.text.lines().nth(line.saturating_sub(1)).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_counts_lines_and_characters_from_one() {
        let source = SourceFile::new("a.yaml", "ä: 1\nb: 2\n");
        assert_eq!(source.location(0), Location { line: 1, column: 1 });
        assert_eq!(source.location(2), Location { line: 1, column: 2 });
        assert_eq!(source.location(6), Location { line: 2, column: 1 });
        assert_eq!(source.location(999).line, 3);
        assert_eq!(source.line(2), "b: 2");
    }

    #[test]
    fn a_span_says_which_of_several_files_it_is_in() {
        let source = Arc::new(SourceFile::new("a.yaml", "a: 1\n"));
        let block = Arc::new(SourceFile::new("b.yaml", "b: 2\nc: 3\n"));
        let base = source.attach(&block);
        assert_eq!(source.attach(&block), base);
        let (file, span) = source.resolve(Span::new(base + 5, base + 6));
        assert_eq!((file.path(), span), (Path::new("b.yaml"), Span::new(5, 6)));
        assert_eq!(source.place(Span::new(base + 5, base + 6)), "b.yaml:2");
        assert_eq!(source.place(Span::new(0, 1)), "line 1");
    }
}
