//! Patterns of SMTP and LMTP replies.

use super::{PatternError, TextPattern, text};
use crate::source::Span;

/// A whole reply.
#[derive(Debug, Clone)]
pub struct SmtpExpectation {
    /// One line when the reply is described as a whole; several when each of its lines is written.
    pub lines: Vec<SmtpLine>,
}

/// One `S:` line.
#[derive(Debug, Clone)]
pub struct SmtpLine {
    /// The code, alternatives and classes allowed.
    pub codes: Vec<CodePattern>,
    /// Whether it was written `250-`: more lines follow.
    pub continues: bool,
    /// Enhanced status, each part a number or `None` for `x`.
    pub enhanced: Option<[Option<u16>; 3]>,
    /// The text behind; `None` when none was written.
    pub text: Option<TextPattern>,
}

/// A reply code: `250`, or `2xx`, `25x`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodePattern {
    /// Three digits, `None` for `x`.
    pub digits: [Option<u8>; 3],
}

impl SmtpExpectation {
    /// The variables it reads, with their places in the file.
    #[must_use]
    pub fn reads(&self) -> Vec<(&str, Span)> {
        self.lines.iter().flat_map(SmtpLine::reads).collect()
    }

    /// The variables it binds, with their places in the file.
    #[must_use]
    pub fn binds(&self) -> Vec<(&str, Span)> {
        self.lines.iter().flat_map(SmtpLine::binds).collect()
    }
}

impl SmtpLine {
    /// The variables it reads, with their places in the file.
    #[must_use]
    pub fn reads(&self) -> Vec<(&str, Span)> {
        self.text.iter().flat_map(TextPattern::reads).collect()
    }

    /// The variables it binds, with their places in the file.
    #[must_use]
    pub fn binds(&self) -> Vec<(&str, Span)> {
        self.text.iter().flat_map(TextPattern::binds).collect()
    }
}

impl CodePattern {
    /// Whether a code is one of those it stands for.
    #[must_use]
    pub fn matches(self, code: u16) -> bool {
        let digits = [code / 100, code / 10 % 10, code % 10];
        code < 1000
            && self.digits.iter().zip(digits).all(|(want, digit)| want.is_none_or(|w| u16::from(w) == digit))
    }
}

/// Reads one `S:` line: codes, then optionally an enhanced status, then optionally a text.
///
/// `offset` is the place of its first octet in the file.
///
/// # Errors
/// No code at its head, or a `${…}` that cannot be read.
pub fn parse_line(line: &str, offset: usize) -> Result<SmtpLine, PatternError> {
    let end = line.find([' ', '-']).unwrap_or(line.len());
    let (head, tail) = line.split_at(end);
    let codes = parse_codes(head, offset)?;
    let continues = tail.starts_with('-');
    let mut at = end + usize::from(continues);
    at += spaces(line, at);
    let enhanced = parse_enhanced(line.get(at..).unwrap_or_default());
    if let Some((_, length)) = enhanced {
        at += length;
        at += spaces(line, at);
    }
    let rest = line.get(at..).unwrap_or_default().trim_end();
    let text = if rest.is_empty() { None } else { Some(text::parse(rest, offset + at)?) };
    Ok(SmtpLine { codes, continues, enhanced: enhanced.map(|(parts, _)| parts), text })
}

fn spaces(line: &str, at: usize) -> usize {
    let rest = line.get(at..).unwrap_or_default();
    rest.len() - rest.trim_start_matches(' ').len()
}

fn parse_codes(head: &str, offset: usize) -> Result<Vec<CodePattern>, PatternError> {
    let mut codes = Vec::new();
    let mut at = 0;
    for word in head.split('|') {
        let Some(code) = parse_code(word) else {
            return Err(PatternError {
                message: if word.is_empty() {
                    "a reply code is missing".into()
                } else {
                    format!("`{word}` is not a reply code")
                },
                span: Span::new(offset + at, offset + at + word.len().max(1)),
                help: Some("a code is `250`, a class `2xx`, alternatives `500|502`".into()),
            });
        };
        codes.push(code);
        at += word.len() + 1;
    }
    Ok(codes)
}

fn parse_code(word: &str) -> Option<CodePattern> {
    let [a, b, c] = *word.as_bytes() else { return None };
    let digit = |octet: u8| match octet {
        b'0'..=b'9' => Some(Some(octet - b'0')),
        b'x' | b'X' => Some(None),
        _ => None,
    };
    Some(CodePattern { digits: [digit(a)?, digit(b)?, digit(c)?] })
}

/// `class "." subject "." detail` (RFC 3463, section 2), each part perhaps `x`; and its length.
fn parse_enhanced(text: &str) -> Option<([Option<u16>; 3], usize)> {
    let word = text.split(' ').next()?;
    let mut parts = word.split('.').map(|part| match part {
        "x" | "X" => Some(None),
        _ if part.len() <= 3 && part.bytes().all(|o| o.is_ascii_digit()) => part.parse().ok().map(Some),
        _ => None,
    });
    let enhanced = [parts.next()??, parts.next()??, parts.next()??];
    (parts.next().is_none()).then_some((enhanced, word.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::pattern::TextPart;

    #[test]
    fn a_line_has_codes_an_enhanced_status_and_a_text() {
        let line = parse_line("500|55x 5.x.1 no ${x = word}", 0).unwrap();
        assert_eq!(line.codes.len(), 2);
        assert_eq!(line.codes[1].digits, [Some(5), Some(5), None]);
        assert_eq!(line.enhanced, Some([Some(5), None, Some(1)]));
        assert!(!line.continues);
        assert_eq!(line.binds(), [("x", Span::new(17, 28))]);
        assert!(
            matches!(line.text.unwrap().parts.as_slice(), [TextPart::Octets(no), TextPart::Capture { .. }] if no == b"no ")
        );
    }

    #[test]
    fn a_hyphen_says_that_lines_follow() {
        let line = parse_line("250-...", 0).unwrap();
        assert!(line.continues && line.text.unwrap().is_any());
        let line = parse_line("250-SIZE ${s = number}", 0).unwrap();
        assert!(line.continues && line.text.is_some());
        let line = parse_line("354", 0).unwrap();
        assert!(!line.continues && line.text.is_none() && line.enhanced.is_none());
    }

    #[test]
    fn a_class_takes_its_codes_and_no_others() {
        let class = parse_line("2xx", 0).unwrap().codes[0];
        assert!(class.matches(250) && class.matches(299) && class.matches(200));
        assert!(!class.matches(354) && !class.matches(1250));
    }

    #[test]
    fn a_wrong_code_is_refused_at_its_place() {
        let error = parse_line("250|25 ok", 10).unwrap_err();
        assert_eq!(error.span, Span::new(14, 16));
        assert!(parse_line("", 0).is_err());
        assert!(parse_line("OK", 0).is_err());
        assert_eq!(parse_line("250 ${x", 10).unwrap_err().span, Span::new(14, 17));
    }
}
