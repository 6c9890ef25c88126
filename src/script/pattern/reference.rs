//! `${name | filter}` and `${name = TYPE}` inside a pattern.
//!
//! Templates have a reader of their own: they cannot bind.

use regex::bytes::RegexBuilder;

use super::{CaptureType, PatternError};
use crate::script::template::Filter;
use crate::source::{Span, suggestion};

/// A parsed `${…}`.
#[derive(Debug, Clone)]
pub(super) enum Reference {
    /// `${name | filter}`: its value.
    Read { name: String, filters: Vec<Filter>, span: Span },
    /// `${name = TYPE}`; `None` for `_`.
    Capture { name: Option<String>, kind: CaptureType, span: Span },
}

/// Octets of memory that one compiled expression may take.
const REGEX_SIZE_LIMIT: usize = 1 << 20;

/// Reads the reference that begins at `at` (which stands at `${`); returns it and where it ends.
pub(super) fn parse(text: &str, at: usize, offset: usize) -> Result<(Reference, usize), PatternError> {
    let inner_start = at + 2;
    let Some(end) = closing_brace(text, inner_start) else {
        return Err(PatternError {
            message: "`${` is not closed".into(),
            span: Span::new(offset + at, offset + text.len()),
            help: Some("close it with `}`, or write `$${` for the text `${`".into()),
        });
    };
    let inner = text.get(inner_start..end).unwrap_or_default();
    let span = Span::new(offset + at, offset + end + 1);
    let place = Place { text: inner, offset: offset + inner_start, span };
    let reference = match inner.split_once('=') {
        Some((name, kind)) => place.capture(name, kind)?,
        None => place.read()?,
    };
    Ok((reference, end + 1))
}

/// Where the `}` of a reference stands; the braces and `}` of a `/regex/` do not count.
fn closing_brace(text: &str, from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    let plain = rest.find('}')?;
    let Some(equals) = rest.find('=').filter(|equals| *equals < plain) else { return Some(from + plain) };
    let value = rest.get(equals + 1..)?;
    let regex_at = equals + 1 + (value.len() - value.trim_start().len());
    if !rest.get(regex_at..)?.starts_with('/') {
        return Some(from + plain);
    }
    let mut escaped = false;
    for (index, char) in rest.get(regex_at + 1..)?.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '/' => {
                let behind = regex_at + 1 + index + 1;
                let tail = rest.get(behind..)?;
                let space = tail.len() - tail.trim_start().len();
                if tail.trim_start().starts_with('}') {
                    return Some(from + behind + space);
                }
            }
            _ => {}
        }
    }
    Some(from + plain)
}

/// The inside of a reference, and where it stands.
struct Place<'a> {
    text: &'a str,
    offset: usize,
    span: Span,
}

impl Place<'_> {
    fn read(&self) -> Result<Reference, PatternError> {
        let mut parts = self.text.split('|');
        let name = self.name(parts.next().unwrap_or_default())?;
        let mut filters = Vec::new();
        for part in parts {
            filters.push(self.filter(part)?);
        }
        Ok(Reference::Read { name, filters, span: self.span })
    }

    fn capture(&self, name: &str, kind: &str) -> Result<Reference, PatternError> {
        let name = match name.trim() {
            "_" => None,
            _ => Some(self.name(name)?),
        };
        let kind = self.kind(kind)?;
        Ok(Reference::Capture { name, kind, span: self.span })
    }

    fn name(&self, written: &str) -> Result<String, PatternError> {
        let name = written.trim();
        let sound = !name.is_empty()
            && name.split('.').all(|part| !part.is_empty())
            && !name.contains(|char: char| char.is_whitespace() || "|={}$\"'`".contains(char));
        if sound {
            return Ok(name.to_owned());
        }
        Err(PatternError {
            message: if name.is_empty() {
                "a variable needs a name".into()
            } else {
                format!("`{name}` is not a name")
            },
            span: self.span_of(written),
            help: Some("a name is words joined by dots, as `${alice.address}` or `${uid = number}`".into()),
        })
    }

    fn filter(&self, written: &str) -> Result<Filter, PatternError> {
        let word = written.trim();
        Filter::ALL.into_iter().find(|(name, _)| *name == word).map(|(_, filter)| filter).ok_or_else(|| {
            let known: Vec<&str> = Filter::ALL.iter().map(|(name, _)| *name).collect();
            PatternError {
                message: format!("there is no filter `{word}`"),
                span: self.span_of(written),
                help: Some(suggestion(word, &known)),
            }
        })
    }

    fn kind(&self, written: &str) -> Result<CaptureType, PatternError> {
        let word = written.trim();
        if let Some(regex) = word.strip_prefix('/').and_then(|word| word.strip_suffix('/')) {
            return self.regex(regex, written);
        }
        CaptureType::WORDS.into_iter().find(|(name, _)| *name == word).map(|(_, kind)| kind()).ok_or_else(
            || {
                let known: Vec<&str> =
                    CaptureType::WORDS.iter().map(|(name, _)| *name).chain(["/REGEX/"]).collect();
                PatternError {
                    message: if word.starts_with('/') {
                        "the regular expression is not closed".into()
                    } else {
                        format!("there is no type `{word}`")
                    },
                    span: self.span_of(written),
                    help: Some(suggestion(word, &known)),
                }
            },
        )
    }

    fn regex(&self, regex: &str, written: &str) -> Result<CaptureType, PatternError> {
        RegexBuilder::new(&format!("^(?:{regex})$"))
            .unicode(false)
            .dot_matches_new_line(true)
            .size_limit(REGEX_SIZE_LIMIT)
            .dfa_size_limit(REGEX_SIZE_LIMIT)
            .nest_limit(50)
            .build()
            .map(CaptureType::Regex)
            .map_err(|error| PatternError {
                message: format!("the regular expression cannot be read: {}", last_line(&error)),
                span: self.span_of(written),
                help: Some("it is written as in Rust's regex crate, and must match the text whole".into()),
            })
    }

    /// The file span of a part of the inside, without the white space around it.
    fn span_of(&self, part: &str) -> Span {
        let begin = (part.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        if begin > self.text.len() || part.trim().is_empty() {
            return self.span;
        }
        let lead = part.len() - part.trim_start().len();
        let start = self.offset + begin + lead;
        Span::new(start, start + part.trim().len())
    }
}

/// What the regex crate says last: the reason, without its drawing of the expression.
fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let line = text.lines().last().unwrap_or_default().trim();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}
