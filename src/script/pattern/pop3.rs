//! Patterns of POP3 replies.

use super::{PatternError, TextPattern, text};
use crate::source::Span;

/// A whole reply.
#[derive(Debug, Clone)]
pub struct Pop3Expectation {
    /// `+OK`, `-ERR`, or either.
    pub status: Pop3Status,
    /// `[CODE]` (RFC 2449, section 8).
    pub code: Option<String>,
    /// The text behind; `None` when none was written.
    pub text: Option<TextPattern>,
    /// What is said of the payload.
    pub payload: Pop3Payload,
}

/// The status indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pop3Status {
    /// `+OK`.
    Ok,
    /// `-ERR`.
    Err,
    /// Either.
    Any,
    /// `+ `: the server's turn in a SASL exchange (RFC 5034, section 4).
    Continuation,
}

/// What is said of a multi-line payload.
#[derive(Debug, Clone)]
pub enum Pop3Payload {
    /// Nothing: read where the command asks for one, and not judged.
    Unjudged,
    /// Bound whole to this variable.
    Bound(String),
    /// Line by line; a pattern that is only `...` stands for any number of lines.
    Lines(Vec<TextPattern>),
}

impl Pop3Expectation {
    /// The variables it reads, with their places in the file.
    #[must_use]
    pub fn reads(&self) -> Vec<(&str, Span)> {
        self.patterns().flat_map(TextPattern::reads).collect()
    }

    /// The variables it binds, with their places in the file; a payload bound whole has none.
    #[must_use]
    pub fn binds(&self) -> Vec<(&str, Span)> {
        let payload = match &self.payload {
            Pop3Payload::Bound(name) => Some((name.as_str(), Span::default())),
            Pop3Payload::Unjudged | Pop3Payload::Lines(_) => None,
        };
        self.patterns().flat_map(TextPattern::binds).chain(payload).collect()
    }

    fn patterns(&self) -> impl Iterator<Item = &TextPattern> {
        let lines = match &self.payload {
            Pop3Payload::Lines(lines) => lines.as_slice(),
            Pop3Payload::Unjudged | Pop3Payload::Bound(_) => &[],
        };
        self.text.iter().chain(lines)
    }
}

/// Reads a status line: `+OK`, `-ERR`, `+|-` or `+`, then optionally `[CODE]`, then optionally a text.
///
/// `offset` is the place of its first octet in the file. The payload is for the reader to fill in.
///
/// # Errors
/// Another status, a code that is not closed, or a `${…}` that cannot be read.
pub fn parse_status(line: &str, offset: usize) -> Result<Pop3Expectation, PatternError> {
    let word = line.split(' ').next().unwrap_or_default();
    let status = match word {
        "+OK" => Pop3Status::Ok,
        "-ERR" => Pop3Status::Err,
        "+|-" => Pop3Status::Any,
        "+" => Pop3Status::Continuation,
        _ => {
            return Err(PatternError {
                message: format!("`{word}` is not a POP3 status"),
                span: Span::new(offset, offset + word.len().max(1)),
                help: Some("a status is `+OK`, `-ERR`, `+|-` for either, or `+` in a SASL exchange".into()),
            });
        }
    };
    let mut at = word.len() + spaces(line, word.len());
    let code = parse_code(line, at, offset)?;
    if let Some(code) = &code {
        at += code.len() + 2;
        at += spaces(line, at);
    }
    let rest = line.get(at..).unwrap_or_default().trim_end();
    let text = if rest.is_empty() { None } else { Some(text::parse(rest, offset + at)?) };
    Ok(Pop3Expectation { status, code, text, payload: Pop3Payload::Unjudged })
}

fn spaces(line: &str, at: usize) -> usize {
    let rest = line.get(at..).unwrap_or_default();
    rest.len() - rest.trim_start_matches(' ').len()
}

fn parse_code(line: &str, at: usize, offset: usize) -> Result<Option<String>, PatternError> {
    let Some(rest) = line.get(at..).and_then(|rest| rest.strip_prefix('[')) else { return Ok(None) };
    match rest.split_once(']') {
        Some((code, _)) if !code.is_empty() && !code.contains(' ') => Ok(Some(code.to_owned())),
        _ => Err(PatternError {
            message: "the response code is not a word in square brackets".into(),
            span: Span::new(offset + at, offset + line.len()),
            help: Some("a response code is written as in `-ERR [IN-USE]`".into()),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_line_has_a_status_a_code_and_a_text() {
        let line = parse_status("-ERR [IN-USE] ${why = text}", 100).unwrap();
        assert_eq!(line.status, Pop3Status::Err);
        assert_eq!(line.code.as_deref(), Some("IN-USE"));
        assert_eq!(line.binds(), [("why", Span::new(114, 127))]);
        let line = parse_status("+OK 2 ${octets = number}", 0).unwrap();
        assert_eq!((line.status, line.code.is_none()), (Pop3Status::Ok, true));
        assert_eq!(parse_status("+|-", 0).unwrap().status, Pop3Status::Any);
        assert_eq!(parse_status("+", 0).unwrap().status, Pop3Status::Continuation);
        assert!(parse_status("+OK", 0).unwrap().text.is_none());
    }

    #[test]
    fn what_is_no_status_is_refused_at_its_place() {
        assert_eq!(parse_status("OK 2", 10).unwrap_err().span, Span::new(10, 12));
        assert_eq!(parse_status("-ERR [IN-USE", 10).unwrap_err().span, Span::new(15, 22));
        assert!(parse_status("", 0).is_err());
    }
}
