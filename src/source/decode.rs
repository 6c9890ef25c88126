//! From nodes to values by hand, so that all mistakes of a file are reported at once.
//!
//! A method that finds a mistake writes it down and gives `None`; the caller goes on with the rest.

use std::sync::Arc;
use std::time::Duration;

use super::{Diagnostic, Diagnostics, Entry, Node, Scalar, SourceFile, Span, Style, Value};

/// Reads one file's nodes and collects its mistakes.
#[derive(Debug)]
pub struct Decoder {
    file: Arc<SourceFile>,
    mistakes: Vec<Diagnostic>,
    /// Where what is read is used, the outermost first.
    uses: Vec<Span>,
}

impl Decoder {
    /// A decoder for a file's nodes.
    #[must_use]
    pub fn new(file: &Arc<SourceFile>) -> Self {
        Self { file: Arc::clone(file), mistakes: Vec::new(), uses: Vec::new() }
    }

    /// The file that is read.
    #[must_use]
    pub fn file(&self) -> &Arc<SourceFile> {
        &self.file
    }

    /// How many mistakes were found so far.
    #[must_use]
    pub fn mistakes(&self) -> usize {
        self.mistakes.len()
    }

    /// All mistakes found, each once: what is read again for each row of a table has them again.
    #[must_use]
    pub fn finish(self) -> Diagnostics {
        let mut mistakes: Vec<Diagnostic> = Vec::new();
        for mut mistake in self.mistakes {
            if Arc::ptr_eq(&mistake.file, &self.file) {
                (mistake.file, mistake.span) = self.file.resolve(mistake.span);
            }
            let same = |known: &Diagnostic| {
                known.span == mistake.span
                    && known.message == mistake.message
                    && known.file.path() == mistake.file.path()
            };
            if !mistakes.iter().any(same) {
                mistakes.push(mistake);
            }
        }
        Diagnostics::new(mistakes)
    }

    /// Puts the mistakes behind the first `count` where they really stand.
    pub fn place_since(&mut self, count: usize, place: &dyn Fn(Span) -> Span) {
        for mistake in self.mistakes.iter_mut().skip(count) {
            mistake.span = place(mistake.span);
        }
    }

    /// Writes down the mistakes of another file, which is used at `at`.
    pub fn adopt(&mut self, mistakes: impl IntoIterator<Item = Diagnostic>, at: Span) {
        self.uses.push(at);
        let used_at = self.used_at();
        self.mistakes.extend(mistakes.into_iter().map(|one| Diagnostic { used_at: used_at.clone(), ..one }));
        self.uses.pop();
    }

    /// What is read from here on is used at `at`, until [`Decoder::leave`].
    pub fn enter(&mut self, at: Span) {
        self.uses.push(at);
    }

    /// Ends what [`Decoder::enter`] began.
    pub fn leave(&mut self) {
        self.uses.pop();
    }

    fn used_at(&self) -> Box<[String]> {
        let place = |span: &Span| {
            let (file, span) = self.file.resolve(*span);
            format!("{}:{}", file.path().display(), file.location(span.start).line)
        };
        self.uses.iter().rev().map(place).collect()
    }

    fn push(&mut self, mistake: Diagnostic) {
        let used_at = self.used_at();
        self.mistakes.push(Diagnostic { used_at, ..mistake });
    }

    /// Writes a mistake down.
    pub fn mistake(&mut self, span: Span, message: impl Into<String>) {
        self.push(Diagnostic::error(&self.file, span, message));
    }

    /// Writes a mistake down, with what would be right.
    pub fn mistake_help(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.push(Diagnostic::error(&self.file, span, message).help(help));
    }

    /// Writes down a mistake about a name that is none of those known.
    pub fn unknown<'k>(
        &mut self,
        span: Span,
        message: impl Into<String>,
        name: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        let known: Vec<&str> = known.into_iter().collect();
        self.mistake_help(span, message, suggestion(name, &known));
    }

    /// A mapping's fields; a key that is not among `known` is a mistake.
    pub fn fields<'n>(&mut self, node: &'n Node, what: &str, known: &[&str]) -> Option<Fields<'n>> {
        let fields = self.open_fields(node, what)?;
        for entry in fields.entries {
            if !known.contains(&entry.key.as_str()) {
                let message = format!("{what} has no key `{}`", entry.key);
                self.unknown(entry.key_span, message, &entry.key, known.iter().copied());
            }
        }
        Some(fields)
    }

    /// A mapping's fields, whatever its keys.
    pub fn open_fields<'n>(&mut self, node: &'n Node, what: &str) -> Option<Fields<'n>> {
        match &node.value {
            Value::Mapping(entries) => Some(Fields { entries, span: node.span }),
            _ => {
                let help = "write `key: value`, a line each, or `{key: value}`";
                self.mistake_help(
                    node.span,
                    format!("{what} must be a mapping, this is {}", node.kind()),
                    help,
                );
                None
            }
        }
    }

    /// A field that must be there.
    pub fn required<'n>(&mut self, fields: &Fields<'n>, what: &str, key: &str) -> Option<&'n Node> {
        let found = fields.get(key);
        if found.is_none() {
            let span = fields.entries.first().map_or(fields.span, |entry| entry.key_span);
            self.mistake_help(span, format!("{what} lacks `{key}`"), format!("add `{key}: …`"));
        }
        found
    }

    /// A list's items.
    pub fn list<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Node]> {
        match &node.value {
            Value::Sequence(items) => Some(items),
            _ => {
                let help = "write `[a, b]`, or each item in a line of its own behind `- `";
                self.mistake_help(node.span, format!("{what} must be a list, this is {}", node.kind()), help);
                None
            }
        }
    }

    /// A scalar.
    pub fn scalar<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n Scalar> {
        let scalar = node.scalar();
        if scalar.is_none() {
            let help = "write the text behind the colon, or behind `|` in lines of its own";
            self.mistake_help(node.span, format!("{what} must be text, this is {}", node.kind()), help);
        }
        scalar
    }

    /// A scalar's text.
    pub fn text<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        self.scalar(node, what).map(|scalar| scalar.text.as_str())
    }

    /// A scalar's text, which must not be blank.
    pub fn sentence(&mut self, node: &Node, what: &str) -> Option<String> {
        let text = self.text(node, what)?.trim();
        if text.is_empty() {
            self.mistake_help(
                node.span,
                format!("{what} must not be empty"),
                "say what it is, or leave the key out",
            );
            return None;
        }
        Some(text.to_owned())
    }

    /// A list of texts.
    pub fn words(&mut self, node: &Node, what: &str) -> Vec<String> {
        let Some(items) = self.list(node, what) else { return Vec::new() };
        items.iter().filter_map(|item| self.sentence(item, &format!("an item of {what}"))).collect()
    }

    /// A whole number up to `most`.
    pub fn number(&mut self, node: &Node, what: &str, most: usize) -> Option<usize> {
        let text = self.text(node, what)?;
        let number = text.parse::<usize>().ok().filter(|&number| number <= most);
        if number.is_none() {
            let message = format!("{what} must be a whole number from 0 to {most}, this is `{text}`");
            self.mistake_help(node.span, message, "write digits alone, as `3`");
        }
        number
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, node: &Node, what: &str) -> Option<bool> {
        self.choice(node, what, &[("true", true), ("false", false)])
    }

    /// One of some words.
    pub fn choice<T: Copy>(&mut self, node: &Node, what: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(node, what)?;
        let found = choices.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let message = format!("`{text}` is no {what}");
            self.unknown(node.span, message, text, choices.iter().map(|(word, _)| *word));
        }
        found
    }

    /// A time: `300ms`, `5s`, `2m`; more than nothing and at most ten minutes.
    pub fn duration(&mut self, node: &Node, what: &str) -> Option<Duration> {
        let text = self.text(node, what)?;
        let duration = parse_duration(text);
        if duration.is_none() {
            self.mistake_help(
                node.span,
                format!("`{text}` is no time"),
                "a whole number and a unit, as `300ms`, `5s` or `2m`; at most ten minutes",
            );
        }
        duration
    }
}

/// The fields of a mapping.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'n> {
    /// Each key with its value, in order.
    pub entries: &'n [Entry],
    /// Where the mapping stands.
    pub span: Span,
}

impl<'n> Fields<'n> {
    /// A key's value.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'n Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// A key with its value.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&'n Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }
}

impl Scalar {
    /// Whether it was written without quotes, so that it may stand for a number or a word of ours.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        matches!(self.style, Style::Plain)
    }
}

fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let number: u64 = text.get(..digits)?.parse().ok()?;
    let milliseconds = match text.get(digits..)? {
        "ms" => number,
        "s" => number.checked_mul(1000)?,
        "m" => number.checked_mul(60_000)?,
        _ => return None,
    };
    (1..=600_000).contains(&milliseconds).then(|| Duration::from_millis(milliseconds))
}

/// What would be right instead of `name`: the nearest known word, else all of them.
#[must_use]
pub fn suggestion(name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.len() > 24 => "no known word is near to it".to_owned(),
        None => {
            let all: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
            format!("known: {}", all.join(", "))
        }
    }
}

/// The known word nearest to `name`, when it is near enough to be what was meant.
#[must_use]
pub fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let name = name.to_lowercase();
    let allowed = (name.chars().count() / 3).clamp(1, 4);
    known
        .iter()
        .map(|word| (strsim::damerau_levenshtein(&name, &word.to_lowercase()), *word))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit_and_a_bound() {
        assert_eq!(parse_duration("300ms"), Some(Duration::from_millis(300)));
        assert_eq!(parse_duration("5s"), Some(Duration::from_secs(5)));
        assert_eq!(parse_duration("10m"), Some(Duration::from_secs(600)));
        for wrong in ["", "5", "s", "0s", "11m", "1h", "-1s", "1.5s", "99999999999999999999s"] {
            assert_eq!(parse_duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_nearest_word_is_suggested_only_when_near() {
        let known = ["login", "talk", "eventually"];
        assert_eq!(suggestion("logn", &known), "did you mean `login`?");
        assert_eq!(suggestion("Talk", &known), "did you mean `talk`?");
        assert!(suggestion("quux", &known).starts_with("known: "));
    }

    #[test]
    fn all_mistakes_of_a_mapping_are_found() {
        let file = Arc::new(SourceFile::new("a.yaml", "nam: x\ntime: 5\ncount: many\n"));
        let node = super::super::parse(&file).unwrap();
        let mut decoder = Decoder::new(&file);
        let fields = decoder.fields(&node, "a thing", &["name", "time", "count"]).unwrap();
        decoder.required(&fields, "a thing", "name");
        decoder.duration(fields.get("time").unwrap(), "`time`");
        decoder.number(fields.get("count").unwrap(), "`count`", 9);
        let messages: Vec<String> = decoder.finish().into_iter().map(|one| one.message).collect();
        assert_eq!(messages.len(), 4, "{messages:?}");
    }
}
