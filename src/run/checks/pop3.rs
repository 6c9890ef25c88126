//! POP3 expectations against replies.

use super::sequence::{Row, match_row};
use super::text::{Case, describe, match_text};
use super::{Mismatch, brief};
use crate::dialect::escape::quote;
use crate::dialect::pop3::{Reply, Status};
use crate::run::bindings::Bindings;
use crate::script::pattern::{Pop3Expectation, Pop3Payload, Pop3Status, TextPattern};

/// Matches an expectation against a reply; captures are bound when it matches.
///
/// # Errors
/// What differs.
pub fn match_reply(
    pattern: &Pop3Expectation,
    reply: &Reply,
    bindings: &mut Bindings,
) -> Result<(), Mismatch> {
    bindings.attempt(|bindings| {
        match_status(pattern.status, reply)?;
        let behind = match_code(pattern.code.as_deref(), reply)?;
        if let Some(text) = &pattern.text {
            match_status_text(text, pattern.code.is_some(), behind, reply, bindings)?;
        }
        match_payload(&pattern.payload, reply, bindings)
    })
}

fn match_status(pattern: Pop3Status, reply: &Reply) -> Result<(), Mismatch> {
    let expected = match (pattern, reply.status) {
        (Pop3Status::Ok, Some(Status::Ok))
        | (Pop3Status::Err, Some(Status::Err))
        | (Pop3Status::Any, Some(Status::Ok | Status::Err))
        | (Pop3Status::Continuation, Some(Status::Continuation)) => return Ok(()),
        (Pop3Status::Ok, _) => "+OK",
        (Pop3Status::Err, _) => "-ERR",
        (Pop3Status::Any, _) => "+OK or -ERR",
        (Pop3Status::Continuation, _) => "+",
    };
    let label = match reply.status {
        Some(Status::Ok) => "the status is +OK",
        Some(Status::Err) => "the status is -ERR",
        Some(Status::Continuation) => "the server asks for more with `+`",
        None => "no status",
    };
    Err(Mismatch::new(expected, quote(&reply.raw), label))
}

/// Checks the response code, and returns the text behind it (or the whole text, when there is none).
fn match_code<'a>(pattern: Option<&str>, reply: &'a Reply) -> Result<&'a [u8], Mismatch> {
    let skip = reply.code.as_ref().map_or(0, |code| code.len() + 2);
    let behind = reply.text.get(skip..).unwrap_or_default();
    let behind = behind.strip_prefix(b" ").unwrap_or(behind);
    let Some(want) = pattern else { return Ok(behind) };
    let label = match &reply.code {
        Some(code) if is_code(want.as_bytes(), code) => return Ok(behind),
        Some(code) => format!("the response code is [{}]", String::from_utf8_lossy(code)),
        None => "no response code".into(),
    };
    Err(Mismatch::new(format!("response code [{want}]"), quote(&reply.text), label))
}

/// Codes compare without regard to case, and `[SYS]` stands for `[SYS/TEMP]` too (RFC 2449, section 8).
fn is_code(want: &[u8], code: &[u8]) -> bool {
    code.split_at_checked(want.len()).is_some_and(|(head, tail)| {
        head.eq_ignore_ascii_case(want) && (tail.is_empty() || tail.starts_with(b"/"))
    })
}

fn match_status_text(
    text: &TextPattern,
    code_written: bool,
    behind: &[u8],
    reply: &Reply,
    bindings: &mut Bindings,
) -> Result<(), Mismatch> {
    if code_written {
        return match_text(text, behind, Case::Exact, bindings);
    }
    match match_text(text, &reply.text, Case::Exact, bindings) {
        Err(_) if reply.code.is_some() => match_text(text, behind, Case::Exact, bindings),
        result => result,
    }
}

fn match_payload(pattern: &Pop3Payload, reply: &Reply, bindings: &mut Bindings) -> Result<(), Mismatch> {
    if matches!(pattern, Pop3Payload::Unjudged) {
        return Ok(());
    }
    let Some(payload) = &reply.payload else {
        return Err(Mismatch::new("a multi-line reply", quote(&reply.raw), "the reply has one line only"));
    };
    match pattern {
        Pop3Payload::Unjudged => Ok(()),
        Pop3Payload::Bound(name) => {
            bindings.set(name.clone(), payload.clone());
            Ok(())
        }
        Pop3Payload::Lines(patterns) => match_row(&Lines { patterns, lines: split(payload) }, bindings),
    }
}

/// The lines of a payload, without their CRLF; of a server that knows no CRLF, without their LF.
fn split(payload: &[u8]) -> Vec<&[u8]> {
    let end: &[u8] = if payload.windows(2).any(|pair| pair == b"\r\n") { b"\r\n" } else { b"\n" };
    let mut lines = Vec::new();
    let mut rest = payload;
    while !rest.is_empty() {
        let at = rest.windows(end.len()).position(|window| window == end);
        let line = rest.get(..at.unwrap_or(rest.len())).unwrap_or_default();
        lines.push(line);
        rest = rest.get(line.len() + end.len()..).unwrap_or_default();
    }
    lines
}

struct Lines<'a> {
    patterns: &'a [TextPattern],
    lines: Vec<&'a [u8]>,
}

impl Row for Lines<'_> {
    fn patterns(&self) -> usize {
        self.patterns.len()
    }

    fn things(&self) -> usize {
        self.lines.len()
    }

    fn is_gap(&self, pattern: usize) -> bool {
        self.patterns.get(pattern).is_some_and(TextPattern::is_any)
    }

    fn try_one(&self, pattern: usize, thing: usize, bindings: &mut Bindings) -> Result<(), Mismatch> {
        let (Some(pattern), Some(line)) = (self.patterns.get(pattern), self.lines.get(thing)) else {
            return Err(Mismatch::new("a line", "", "no such line"));
        };
        match_text(pattern, line, Case::Exact, bindings).map_err(|mismatch| Mismatch {
            label: format!("line {} of the payload is {}", thing + 1, brief(line)),
            ..mismatch
        })
    }

    fn left_over(&self, thing: usize) -> Mismatch {
        let line = self.lines.get(thing).copied().unwrap_or_default();
        Mismatch::new("the end of the payload", quote(line), format!("one line more: {}", brief(line)))
    }

    fn missing(&self, pattern: usize) -> Mismatch {
        let expected = self.patterns.get(pattern).map(|text| describe(text, &Bindings::new()));
        let label = format!("the payload ends after {} lines", self.lines.len());
        Mismatch::new(expected.unwrap_or_default(), "the end of the payload", label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::pop3::{Framer, Shape};
    use crate::dialect::{Framing, Limits};
    use crate::script::pattern::pop3::parse_status;
    use crate::script::pattern::text::parse;

    fn judge(pattern: &Pop3Expectation, reply: &str, shape: Shape) -> Result<Bindings, Mismatch> {
        let Framing::Complete { item, .. } = Framer::new(Limits::POP3).frame(reply.as_bytes(), shape) else {
            panic!("incomplete")
        };
        let mut bindings = Bindings::new();
        match_reply(pattern, &item, &mut bindings).map(|()| bindings)
    }

    fn status(pattern: &str, reply: &str) -> Result<Bindings, Mismatch> {
        judge(&parse_status(pattern, 0).unwrap(), reply, Shape::SingleLine)
    }

    fn lines(patterns: &[&str], reply: &str) -> Result<Bindings, Mismatch> {
        let mut pattern = parse_status("+OK", 0).unwrap();
        pattern.payload = Pop3Payload::Lines(patterns.iter().map(|line| parse(line, 0).unwrap()).collect());
        judge(&pattern, reply, Shape::MultiLine)
    }

    #[test]
    fn each_construct_of_a_status_line_matches_and_fails_to_match() {
        let cases = [
            ("+OK", "+OK 2 320\r\n", true),
            ("+OK", "-ERR no\r\n", false),
            ("-ERR", "-ERR\r\n", true),
            ("-ERR", "+OK\r\n", false),
            ("+|-", "-ERR\r\n", true),
            ("+|-", "+ \r\n", false),
            ("+", "+ dXNlcg==\r\n", true),
            ("+", "+OK\r\n", false),
            ("+OK 2 ${n = number}...", "+OK 2 320 octets\r\n", true),
            ("+OK 2 ${n = number}", "+OK 2 320 octets\r\n", false),
            ("-ERR [IN-USE]", "-ERR [IN-USE] locked\r\n", true),
            ("-ERR [SYS]", "-ERR [SYS/TEMP] later\r\n", true),
            ("-ERR [AUTH]", "-ERR [IN-USE] locked\r\n", false),
            ("-ERR [AUTH]", "-ERR locked\r\n", false),
            ("-ERR locked", "-ERR [IN-USE] locked\r\n", true),
            ("-ERR [IN-USE] locked", "-ERR [IN-USE] locked\r\n", true),
        ];
        for (pattern, reply, fits) in cases {
            assert_eq!(status(pattern, reply).is_ok(), fits, "{pattern} {reply:?}");
        }
    }

    #[test]
    fn a_payload_is_compared_line_by_line_byte_for_byte() {
        let reply = "+OK\r\n1 120\r\n2 ..x\r\n..\r\n\r\n.\r\n";
        assert!(lines(&["1 ${a = number}", "2 ..x", ".", ""], reply).is_ok());
        assert!(lines(&["1 ${a = number}", "..."], reply).is_ok());
        assert!(lines(&["...", ""], reply).is_ok());
        assert!(lines(&["...", ".", "..."], reply).is_ok());
        assert_eq!(lines(&["1 120"], reply).unwrap_err().label, "one line more: \"2 ..x\"");
        assert_eq!(
            lines(&["1 120", "2 ..X", "..."], reply).unwrap_err().label,
            "line 2 of the payload is \"2 ..x\""
        );
        let error = lines(&["1 120", "2 ..x", ".", "", "more"], reply).unwrap_err();
        assert_eq!(error.label, "the payload ends after 4 lines");
        assert!(lines(&[], "+OK\r\n.\r\n").is_ok());
        assert!(lines(&["x"], "+OK\r\n.\r\n").is_err());
    }

    #[test]
    fn a_payload_is_bound_whole() {
        let mut pattern = parse_status("+OK", 0).unwrap();
        pattern.payload = Pop3Payload::Bound("m".into());
        let bindings = judge(&pattern, "+OK\r\n..a\r\nb\r\n.\r\n", Shape::MultiLine).unwrap();
        assert_eq!(bindings.get("m"), Some(&b".a\r\nb\r\n"[..]));
        assert_eq!(
            judge(&pattern, "+OK\r\n", Shape::SingleLine).unwrap_err().label,
            "the reply has one line only"
        );
    }

    #[test]
    fn nothing_is_bound_when_the_payload_does_not_fit() {
        let mut pattern = parse_status("+OK ${a = word}", 0).unwrap();
        pattern.payload = Pop3Payload::Lines(vec![parse("x", 0).unwrap()]);
        let mut bindings = Bindings::new();
        let Framing::Complete { item, .. } =
            Framer::new(Limits::POP3).frame(b"+OK one\r\ny\r\n.\r\n", Shape::MultiLine)
        else {
            panic!()
        };
        assert!(match_reply(&pattern, &item, &mut bindings).is_err());
        assert_eq!(bindings.get("a"), None);
    }
}
