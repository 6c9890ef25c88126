//! SMTP and LMTP expectations against replies.

use super::sequence::{Row, match_row};
use super::text::{Case, describe, match_text};
use super::{Mismatch, brief};
use crate::dialect::escape::quote;
use crate::dialect::smtp::{Reply, ReplyLine, Separator};
use crate::run::bindings::Bindings;
use crate::script::pattern::{CodePattern, SmtpExpectation, SmtpLine, TextPattern};

/// Matches an expectation against a reply; captures are bound when it matches.
///
/// # Errors
/// What differs.
pub fn match_reply(
    pattern: &SmtpExpectation,
    reply: &Reply,
    bindings: &mut Bindings,
) -> Result<(), Mismatch> {
    match pattern.lines.as_slice() {
        [line] if !line.continues => match_whole(line, reply, bindings),
        lines => match_row(&Lines { patterns: lines, lines: &reply.lines }, bindings),
    }
}

/// One `S:` line that stands for the whole reply.
fn match_whole(pattern: &SmtpLine, reply: &Reply, bindings: &mut Bindings) -> Result<(), Mismatch> {
    let Some(first) = reply.lines.first() else {
        return Err(Mismatch::new(codes(&pattern.codes), quote(&reply.raw), "the reply is empty"));
    };
    match_code(pattern, first, &reply.raw)?;
    match_enhanced(pattern, first)?;
    let Some(text) = &pattern.text else { return Ok(()) };
    let mut last = None;
    for line in &reply.lines {
        match match_line_text(text, pattern, line, bindings) {
            Ok(()) => return Ok(()),
            Err(mismatch) => last = last.or(Some(mismatch)),
        }
    }
    match (last, reply.lines.len()) {
        (Some(mismatch), 0 | 1) => Err(mismatch),
        (mismatch, count) => {
            let fault = mismatch.map(|mismatch| mismatch.fault);
            let expected = describe(text, bindings);
            let mut whole =
                Mismatch::new(expected, quote(&reply.raw), format!("none of the {count} lines fits"));
            whole.fault = fault.unwrap_or(whole.fault);
            Err(whole)
        }
    }
}

fn match_code(pattern: &SmtpLine, line: &ReplyLine, raw: &[u8]) -> Result<(), Mismatch> {
    let label = match line.code {
        Some(code) if pattern.codes.iter().any(|pattern| pattern.matches(code)) => return Ok(()),
        Some(code) => format!("code is {code:03}"),
        None => "no reply code".into(),
    };
    Err(Mismatch::new(codes(&pattern.codes), quote(raw), label))
}

fn match_enhanced(pattern: &SmtpLine, line: &ReplyLine) -> Result<(), Mismatch> {
    let Some(want) = pattern.enhanced else { return Ok(()) };
    let label = match enhanced(&line.text) {
        Some((status, _)) if fits(want, status) => return Ok(()),
        Some(([class, subject, detail], _)) => format!("enhanced status is {class}.{subject}.{detail}"),
        None => "no enhanced status".into(),
    };
    let part = |part: Option<u16>| part.map_or_else(|| "x".into(), |number| number.to_string());
    let expected = format!("enhanced status {}.{}.{}", part(want[0]), part(want[1]), part(want[2]));
    Err(Mismatch::new(expected, quote(&line.text), label))
}

fn fits(want: [Option<u16>; 3], status: [u16; 3]) -> bool {
    want.iter().zip(status).all(|(want, part)| want.is_none_or(|want| want == part))
}

/// The text is compared behind the enhanced status where one is asked for, else with it or without it.
fn match_line_text(
    text: &TextPattern,
    pattern: &SmtpLine,
    line: &ReplyLine,
    bindings: &mut Bindings,
) -> Result<(), Mismatch> {
    let behind = enhanced(&line.text).map(|(_, behind)| behind);
    if let (Some(_), Some(behind)) = (pattern.enhanced, behind) {
        return match_text(text, behind, Case::Insensitive, bindings);
    }
    let whole = match_text(text, &line.text, Case::Insensitive, bindings);
    match (whole, behind) {
        (Err(mismatch), Some(behind)) => {
            match_text(text, behind, Case::Insensitive, bindings).map_err(|_| mismatch)
        }
        (result, _) => result,
    }
}

/// `class "." subject "." detail` (RFC 3463, section 2) at the head of a text, and the text behind it.
#[must_use]
pub fn enhanced(text: &[u8]) -> Option<([u16; 3], &[u8])> {
    let end = text.iter().position(|&octet| octet == b' ').unwrap_or(text.len());
    let (word, behind) = text.split_at_checked(end)?;
    let mut parts = word.split(|&octet| octet == b'.').map(|part| {
        let sound = (1..=3).contains(&part.len()) && part.iter().all(u8::is_ascii_digit);
        sound.then(|| part.iter().fold(0, |number, digit| number * 10 + u16::from(digit - b'0')))
    });
    let status = [parts.next()??, parts.next()??, parts.next()??];
    let known = matches!(status.first(), Some(2 | 4 | 5)) && parts.next().is_none();
    known.then(|| (status, behind.strip_prefix(b" ").unwrap_or(behind)))
}

fn codes(codes: &[CodePattern]) -> String {
    let code = |code: &CodePattern| {
        let digit = |digit: &Option<u8>| digit.map_or_else(|| "x".into(), |digit: u8| digit.to_string());
        code.digits.iter().map(digit).collect::<String>()
    };
    let words: Vec<String> = codes.iter().map(code).collect();
    format!("code {}", words.join(" or "))
}

/// Each line of a reply written out, `250-...` for any number of lines.
struct Lines<'a> {
    patterns: &'a [SmtpLine],
    lines: &'a [ReplyLine],
}

impl Row for Lines<'_> {
    fn patterns(&self) -> usize {
        self.patterns.len()
    }

    fn things(&self) -> usize {
        self.lines.len()
    }

    fn is_gap(&self, pattern: usize) -> bool {
        self.patterns.get(pattern).is_some_and(|line| {
            line.continues && line.enhanced.is_none() && line.text.as_ref().is_some_and(TextPattern::is_any)
        })
    }

    fn try_one(&self, pattern: usize, thing: usize, bindings: &mut Bindings) -> Result<(), Mismatch> {
        let (Some(pattern), Some(line)) = (self.patterns.get(pattern), self.lines.get(thing)) else {
            return Err(Mismatch::new("a line", "", "no such line"));
        };
        match_code(pattern, line, &line.text)?;
        if pattern.continues != (line.separator == Separator::Hyphen) {
            let (expected, label) = match pattern.continues {
                true => ("more lines", "this is the last line of the reply"),
                false => ("the last line", "more lines follow"),
            };
            return Err(Mismatch::new(expected, quote(&line.text), label));
        }
        match_enhanced(pattern, line)?;
        match &pattern.text {
            Some(text) => match_line_text(text, pattern, line, bindings),
            None => Ok(()),
        }
    }

    fn left_over(&self, thing: usize) -> Mismatch {
        let text = self.lines.get(thing).map(|line| line.text.as_slice()).unwrap_or_default();
        Mismatch::new("no more lines", quote(text), format!("one line more: {}", brief(text)))
    }

    fn missing(&self, pattern: usize) -> Mismatch {
        let expected = self.patterns.get(pattern).map_or_else(String::new, |line| codes(&line.codes));
        Mismatch::new(expected, "the end of the reply", "the reply has no such line")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::smtp::Framer;
    use crate::dialect::{Framing, Limits};
    use crate::script::pattern::smtp::parse_line;

    fn judge(patterns: &[&str], reply: &str) -> Result<Bindings, Mismatch> {
        let lines = patterns.iter().map(|line| parse_line(line, 0).unwrap()).collect();
        let Framing::Complete { item, .. } = Framer::new(Limits::SMTP).frame(reply.as_bytes()) else {
            panic!("incomplete")
        };
        let mut bindings = Bindings::new();
        match_reply(&SmtpExpectation { lines }, &item, &mut bindings).map(|()| bindings)
    }

    #[test]
    fn each_construct_matches_and_fails_to_match() {
        let multi = "250-mx Hello\r\n250-SIZE 1000\r\n250 HELP\r\n";
        let cases: [(&[&str], &str, bool); 21] = [
            (&["250"], "250 ok\r\n", true),
            (&["250"], "251 ok\r\n", false),
            (&["2xx"], "251 ok\r\n", true),
            (&["5xx"], "251 ok\r\n", false),
            (&["500|502"], "502 no\r\n", true),
            (&["500|502"], "503 no\r\n", false),
            (&["250 2.1.0"], "250 2.1.0 ok\r\n", true),
            (&["250 2.x.x"], "250 2.1.0 ok\r\n", true),
            (&["250 2.1.5"], "250 2.1.0 ok\r\n", false),
            (&["250 2.1.0"], "250 ok\r\n", false),
            (&["250 OK"], "250 2.1.0 Ok\r\n", true),
            (&["250 2.1.0 OK"], "250 2.1.0 Ok\r\n", true),
            (&["250 OK"], "250 okay\r\n", false),
            (&["250"], multi, true),
            (&["250 SIZE ${n = number}"], multi, true),
            (&["250 DSN"], multi, false),
            (&["250-...", "250 HELP"], multi, true),
            (&["250-mx ...", "250-SIZE 1000", "250 help"], multi, true),
            (&["250-mx ...", "250 help"], multi, false),
            (&["250-...", "250-HELP"], multi, false),
            (&["250-...", "250-SIZE ${n = number}", "250-...", "250 ..."], multi, true),
        ];
        for (patterns, reply, fits) in cases {
            let result = judge(patterns, reply);
            assert_eq!(result.is_ok(), fits, "{patterns:?} {reply:?}: {result:?}");
        }
    }

    #[test]
    fn captures_of_the_line_that_fits_are_bound() {
        let bindings = judge(&["250 SIZE ${n = number}"], "250-mx\r\n250-SIZE 77\r\n250 HELP\r\n").unwrap();
        assert_eq!(bindings.get("n"), Some(&b"77"[..]));
    }

    #[test]
    fn labels_stand_under_a_caret() {
        assert_eq!(judge(&["250"], "550 no\r\n").unwrap_err().label, "code is 550");
        assert_eq!(judge(&["250"], "nonsense\r\n").unwrap_err().label, "no reply code");
        assert_eq!(judge(&["550 5.1.1"], "550 5.7.1 no\r\n").unwrap_err().label, "enhanced status is 5.7.1");
        assert_eq!(judge(&["550 5.1.1"], "550 no\r\n").unwrap_err().label, "no enhanced status");
        assert_eq!(judge(&["250 x"], "250-a\r\n250 b\r\n").unwrap_err().label, "none of the 2 lines fits");
        let error = judge(&["250-a", "250 b"], "250-a\r\n250-x\r\n250 b\r\n").unwrap_err();
        assert_eq!(error.label, "more lines follow");
    }
}
