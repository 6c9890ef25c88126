//! Mistakes in files: what is wrong, where, and what would be right; drawn with a caret or as JSON.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::{SourceFile, Span};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The file is refused.
    Error,
    /// The file is taken; the author should know.
    Warning,
}

/// One mistake in a file.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// The file it is in.
    pub file: Arc<SourceFile>,
    /// Where.
    pub span: Span,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, without a final stop.
    pub message: String,
    /// A few words to stand beside the caret.
    pub label: Option<String>,
    /// What would be right.
    pub help: Option<String>,
    /// Where the part of the file that it is in is used, the innermost first: `a.yaml:12`.
    pub used_at: Box<[String]>,
}

impl Diagnostic {
    /// A mistake for which the file is refused.
    #[must_use]
    pub fn error(file: &Arc<SourceFile>, span: Span, message: impl Into<String>) -> Self {
        Self {
            file: Arc::clone(file),
            span,
            severity: Severity::Error,
            message: message.into(),
            label: None,
            help: None,
            used_at: Box::default(),
        }
    }

    /// The same, with what would be right.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same, with words beside the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// The diagnostic as people read it.
    #[must_use]
    pub fn draw(&self, style: DrawStyle) -> String {
        let renderer = match style {
            DrawStyle::Plain => Renderer::plain(),
            DrawStyle::Coloured => Renderer::styled(),
        }
        .decor_style(DecorStyle::Ascii);
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let path = self.file.path().to_string_lossy();
        let (start, end) = self.first_line_range();
        let mut group = level.primary_title(self.message.as_str()).element(
            Snippet::source(self.file.text())
                .path(path)
                .annotation(AnnotationKind::Primary.span(start..end).label(self.label.as_deref())),
        );
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        for place in &self.used_at {
            group = group.element(Level::NOTE.message(format!("used at {place}")));
        }
        renderer.render(&[group])
    }

    /// The underlined part: the span, no further than its first line's end, on character boundaries.
    fn first_line_range(&self) -> (usize, usize) {
        let text = self.file.text();
        let mut start = self.span.start.min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        // What is missing at the end of the text is drawn at the end of its last line.
        if start == text.len() {
            start = text.trim_end_matches(['\n', '\r']).len();
        }
        let rest = text.get(start..).unwrap_or("");
        let line = rest.split(['\n', '\r']).next().unwrap_or("").len();
        let mut end = self.span.end.clamp(start, start + line);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        (start, end)
    }

    /// The diagnostic as a JSON object: file, line, column, severity, message, help.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let at = self.file.location(self.span.start);
        serde_json::json!({
            "file": self.file.path().to_string_lossy(),
            "line": at.line,
            "column": at.column,
            "severity": self.severity,
            "message": self.message,
            "help": self.help,
            "used_at": self.used_at,
        })
    }
}

/// How diagnostics are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DrawStyle {
    /// Text alone.
    Plain,
    /// With ANSI colours.
    Coloured,
}

/// Mistakes of one or more files, sorted by file and place.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// The mistakes, sorted.
    #[must_use]
    pub fn new(mut mistakes: Vec<Diagnostic>) -> Self {
        let key = |one: &Diagnostic| -> (PathBuf, Span) { (one.file.path().to_owned(), one.span) };
        mistakes.sort_by_cached_key(|one| {
            let (path, span) = key(one);
            (path, span.start, span.end)
        });
        // A block that several scripts use is read for each of them.
        mistakes.dedup_by(|one, other| key(one) == key(other) && one.message == other.message);
        Self(mistakes)
    }

    /// Whether a file is refused for one of them.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|one| one.severity == Severity::Error)
    }

    /// Each of them, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// How many files they are in.
    #[must_use]
    pub fn files(&self) -> usize {
        let mut paths: Vec<_> = self.0.iter().map(|one| one.file.path()).collect();
        paths.dedup();
        paths.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them drawn, a blank line between.
    #[must_use]
    pub fn draw(&self, style: DrawStyle) -> String {
        self.0.iter().map(|one| one.draw(style)).collect::<Vec<_>>().join("\n\n")
    }

    /// All of them as a JSON list.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        self.0.iter().map(Diagnostic::to_json).collect()
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.draw(DrawStyle::Plain))
    }
}

impl std::error::Error for Diagnostics {}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Arc<SourceFile> {
        Arc::new(SourceFile::new("a.yaml", text))
    }

    #[test]
    fn a_drawing_names_file_line_and_column_and_underlines() {
        let file = file("a: 1\nbb: 2\n");
        let drawn = Diagnostic::error(&file, Span::new(5, 7), "no such key `bb`")
            .help("did you mean `b`?")
            .draw(DrawStyle::Plain);
        assert!(drawn.contains("a.yaml:2:1"), "{drawn}");
        assert!(drawn.contains("2 | bb: 2"), "{drawn}");
        assert!(drawn.contains("^^"), "{drawn}");
        assert!(drawn.contains("did you mean `b`?"), "{drawn}");
        assert!(!drawn.contains('\u{1b}'), "{drawn}");
    }

    #[test]
    fn any_span_can_be_drawn() {
        let file = file("ä\r\nb\u{0}\t\n");
        for start in 0..12 {
            for end in start..12 {
                let drawn = Diagnostic::error(&file, Span::new(start, end), "x").draw(DrawStyle::Coloured);
                assert!(drawn.contains("a.yaml"), "{drawn}");
            }
        }
    }

    #[test]
    fn diagnostics_are_sorted_by_place() {
        let file = file("a: 1\nbb: 2\n");
        let all = Diagnostics::new(vec![
            Diagnostic::error(&file, Span::new(5, 7), "second"),
            Diagnostic::error(&file, Span::new(0, 1), "first"),
        ]);
        let messages: Vec<_> = all.iter().map(|one| one.message.as_str()).collect();
        assert_eq!(messages, ["first", "second"]);
        assert_eq!(all.to_json()[1]["line"], 2);
    }
}
