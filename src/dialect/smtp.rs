//! SMTP and LMTP replies (RFC 5321, section 4.2): framing, and the rules that every reply keeps.

use super::rules::{self, Rule};
use super::{Framing, Limits, Stream, Violation, find_lf, trim_line_end};

/// The longest reply line, CRLF included (RFC 5321, section 4.5.3.1.5).
const LINE_LENGTH: usize = 512;

/// One reply, single-line or multi-line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Its octets as they came.
    pub raw: Vec<u8>,
    /// Its lines, at least one.
    pub lines: Vec<ReplyLine>,
    /// What is wrong with it.
    pub violations: Vec<Violation>,
    /// Whether anything can be read behind it.
    pub stream: Stream,
}

impl Reply {
    /// The code of its first line; `None` when that does not begin with three digits.
    #[must_use]
    pub fn code(&self) -> Option<u16> {
        self.lines.first().and_then(|line| line.code)
    }

    /// Whether the code's first digit is 2.
    #[must_use]
    pub fn is_positive(&self) -> bool {
        matches!(self.code(), Some(200..=299))
    }
}

/// One line of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyLine {
    /// Its code; `None` when it does not begin with three digits.
    pub code: Option<u16>,
    /// What stands after the code.
    pub separator: Separator,
    /// The text behind, without line end; the whole line when there is no code.
    pub text: Vec<u8>,
}

/// What stands after the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// A space: the last line.
    Space,
    /// A hyphen: more lines follow.
    Hyphen,
    /// The line's end.
    End,
    /// Anything else.
    Other,
}

/// What a reply's text may be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Charset {
    /// ASCII (RFC 5321, section 2.4).
    #[default]
    Ascii,
    /// UTF-8, once SMTPUTF8 was asked for (RFC 6531, section 3.7.4).
    Utf8,
}

/// Finds replies in a stream of octets.
#[derive(Debug, Clone)]
pub struct Framer {
    limits: Limits,
    charset: Charset,
    /// Where the line begins that is not ended yet.
    line: usize,
    /// Up to where no LF was found.
    scanned: usize,
    stream: Stream,
}

impl Framer {
    /// A framer at the beginning of a stream.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self { limits, charset: Charset::Ascii, line: 0, scanned: 0, stream: Stream::Usable }
    }

    /// Says what reply texts may be made of from now on.
    pub fn set_charset(&mut self, charset: Charset) {
        self.charset = charset;
    }

    /// Looks for a whole reply at the head of `octets`.
    ///
    /// Once a reply said [`Stream::BeyondUse`], nothing more is found.
    pub fn frame(&mut self, octets: &[u8]) -> Framing<Reply> {
        if self.stream == Stream::BeyondUse {
            return Framing::Incomplete;
        }
        while let Some(lf) = find_lf(octets, self.scanned) {
            let line = octets.get(self.line..=lf).unwrap_or_default();
            let first = self.line == 0;
            (self.line, self.scanned) = (lf + 1, lf + 1);
            let goes_on = match read_line(line) {
                ReplyLine { code: Some(_), separator, .. } => separator == Separator::Hyphen,
                // A garbled line is a reply of its own, or one line of a longer one.
                ReplyLine { code: None, .. } => !first,
            };
            if !goes_on {
                return self.complete(octets, lf + 1, Stream::Usable);
            }
            if lf >= self.limits.item {
                return self.complete(octets, lf + 1, Stream::BeyondUse);
            }
        }
        self.scanned = octets.len();
        if octets.len() - self.line.min(octets.len()) > self.limits.line || octets.len() > self.limits.item {
            return self.complete(octets, octets.len(), Stream::BeyondUse);
        }
        Framing::Incomplete
    }

    /// What is left when no more octets come: a reply that is not whole.
    pub fn finish(&mut self, octets: &[u8]) -> Option<Reply> {
        match self.frame(octets) {
            Framing::Complete { item, .. } => Some(item),
            Framing::Incomplete if octets.is_empty() => None,
            Framing::Incomplete => match self.complete(octets, octets.len(), Stream::BeyondUse) {
                Framing::Complete { item, .. } => Some(item),
                Framing::Incomplete => None,
            },
        }
    }

    fn complete(&mut self, octets: &[u8], consumed: usize, stream: Stream) -> Framing<Reply> {
        (self.line, self.scanned, self.stream) = (0, 0, stream);
        let raw = octets.get(..consumed).unwrap_or_default().to_vec();
        let mut lines = Vec::new();
        let mut violations = Violations::default();
        for line in raw.split_inclusive(|&octet| octet == b'\n') {
            let read = read_line(line);
            violations.judge_line(line, &read, lines.first(), self.charset);
            lines.push(read);
        }
        if let (Stream::BeyondUse, Some(last)) = (stream, raw.rsplit(|&octet| octet == b'\n').next()) {
            if last.is_empty() {
                violations.add(rules::SMTP_LAST_LINE, &raw);
            } else {
                violations.add(rules::SMTP_CRLF, last);
            }
        }
        Framing::Complete { consumed, item: Reply { raw, lines, violations: violations.found, stream } }
    }
}

/// Reads one line, its end included or not.
fn read_line(line: &[u8]) -> ReplyLine {
    let line = trim_line_end(line);
    let (&[a, b, c], rest) = match line.split_first_chunk::<3>() {
        Some((code, rest)) if code.iter().all(u8::is_ascii_digit) => (code, rest),
        _ => return ReplyLine { code: None, separator: Separator::Other, text: line.to_vec() },
    };
    let code = [a, b, c].iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    let (separator, text) = match rest.split_first() {
        None => (Separator::End, rest),
        Some((b' ', text)) => (Separator::Space, text),
        Some((b'-', text)) => (Separator::Hyphen, text),
        Some(_) => (Separator::Other, rest),
    };
    ReplyLine { code: Some(code), separator, text: text.to_vec() }
}

/// What is wrong with a reply; each rule is named once.
#[derive(Default)]
struct Violations {
    found: Vec<Violation>,
}

impl Violations {
    fn add(&mut self, rule: Rule, octets: &[u8]) {
        if !self.found.iter().any(|violation| violation.requirement.as_str() == rule.id) {
            self.found.push(rule.broken_by(octets));
        }
    }

    fn judge_line(&mut self, raw: &[u8], line: &ReplyLine, first: Option<&ReplyLine>, charset: Charset) {
        if raw.len() > LINE_LENGTH {
            self.add(rules::SMTP_LENGTH, raw);
        }
        if raw.ends_with(b"\n") && !raw.ends_with(b"\r\n") || trim_line_end(raw).contains(&b'\r') {
            self.add(rules::SMTP_CRLF, raw);
        }
        let Some(code) = line.code else {
            self.add(rules::SMTP_REPLY_LINE, raw);
            return;
        };
        if line.separator == Separator::Other {
            self.add(rules::SMTP_REPLY_LINE, raw);
        }
        if !(200..600).contains(&code) {
            self.add(rules::SMTP_FIRST_DIGIT, raw);
        }
        if code / 10 % 10 > 5 {
            self.add(rules::SMTP_SECOND_DIGIT, raw);
        }
        if first.is_some_and(|first| first.code.is_some() && first.code != line.code) {
            self.add(rules::SMTP_SAME_CODE, raw);
        }
        if line.separator == Separator::End {
            self.add(rules::SMTP_BARE_CODE, raw);
        }
        if !is_text(&line.text, charset) {
            self.add(rules::SMTP_TEXT, raw);
        }
    }
}

/// `textstring = 1*(%d09 / %d32-126)` (RFC 5321, section 4.2); a bare CR is another rule's affair.
fn is_text(text: &[u8], charset: Charset) -> bool {
    let ascii = |octet: u8| matches!(octet, b'\t' | b'\r' | b' '..=b'~');
    match charset {
        Charset::Ascii => text.iter().all(|&octet| ascii(octet)),
        Charset::Utf8 => {
            text.iter().all(|&octet| ascii(octet) || octet >= 0x80) && std::str::from_utf8(text).is_ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(octets: &[u8]) -> Reply {
        match Framer::new(Limits::SMTP).frame(octets) {
            Framing::Complete { consumed, item } => {
                assert_eq!(consumed, octets.len());
                item
            }
            Framing::Incomplete => panic!("incomplete"),
        }
    }

    fn broken(octets: &[u8]) -> Vec<String> {
        whole(octets).violations.iter().map(|v| v.requirement.as_str().to_owned()).collect()
    }

    #[test]
    fn replies_that_conform_are_clean() {
        for reply in [
            &b"220 mail.example.test ESMTP Postfix (Debian)\r\n"[..],
            b"250-mail.example.test\r\n250-SIZE 10240000\r\n250-8BITMIME\r\n250 CHUNKING\r\n",
            b"250-mail.example.test Hello [127.0.0.1]\r\n250-\r\n250 HELP\r\n",
            b"354 End data with <CR><LF>.<CR><LF>\r\n",
            b"250 \r\n",
            b"250 2.0.0 Ok:\tqueued as 4C1\r\n",
            b"334 \r\n",
        ] {
            assert_eq!(whole(reply).violations, [], "{}", String::from_utf8_lossy(reply));
        }
    }

    #[test]
    fn a_multi_line_reply_is_one_reply() {
        let reply = whole(b"250-one\r\n250-two\r\n250 three\r\n");
        assert_eq!(reply.code(), Some(250));
        assert!(reply.is_positive());
        let texts: Vec<&[u8]> = reply.lines.iter().map(|line| line.text.as_slice()).collect();
        assert_eq!(texts, [b"one".as_slice(), b"two", b"three"]);
    }

    #[test]
    fn octets_may_come_one_at_a_time() {
        let stream = b"250-a\r\n250 b\r\n221 bye\r\n";
        let mut framer = Framer::new(Limits::SMTP);
        let mut head = 0;
        let mut replies = Vec::new();
        for end in 1..=stream.len() {
            if let Framing::Complete { consumed, item } = framer.frame(&stream[head..end]) {
                head += consumed;
                replies.push(item);
            }
        }
        assert_eq!(replies.iter().map(|r| r.lines.len()).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(head, stream.len());
        assert!(replies.iter().all(|reply| reply.violations.is_empty()));
    }

    #[test]
    fn each_broken_rule_is_named() {
        let long = [b"250 ", [b'x'; 507].as_slice(), b"\r\n"].concat();
        let cases: [(&[u8], &[&str]); 14] = [
            (b"hello\r\n", &["rfc5321-4.2-R1"]),
            (b"25\r\n", &["rfc5321-4.2-R1"]),
            (b"\r\n", &["rfc5321-4.2-R1"]),
            (b"250_ok\r\n", &["rfc5321-4.2-R1"]),
            (b"2500 ok\r\n", &["rfc5321-4.2-R1"]),
            (b"250 ok\n", &["rfc5321-2.3.8-1"]),
            (b"250 a\rb\r\n", &["rfc5321-2.3.8-1"]),
            (b"250\r\n", &["rfc5321-4.2.1-3"]),
            (b"150 ok\r\n", &["rfc5321-4.2-9"]),
            (b"650 ok\r\n", &["rfc5321-4.2-9"]),
            (b"571 no\r\n", &["rfc5321-4.2-R2"]),
            (b"250 caf\xc3\xa9\r\n", &["rfc5321-4.2-R3"]),
            (b"250-a\r\n251 b\r\n", &["rfc5321-4.2.1-4"]),
            (&long, &["rfc5321-4.5.3.1.5-R1"]),
        ];
        for (octets, ids) in cases {
            assert_eq!(broken(octets), ids, "{}", super::super::escape::quote(octets));
        }
        let longest = [b"250 ", [b'x'; 506].as_slice(), b"\r\n"].concat();
        assert!(broken(&longest).is_empty());
        assert_eq!(broken(b"250 a\0b\r\n"), ["rfc5321-4.2-R3"]);
    }

    #[test]
    fn utf8_is_allowed_where_it_was_asked_for() {
        let mut framer = Framer::new(Limits::SMTP);
        framer.set_charset(Charset::Utf8);
        let Framing::Complete { item, .. } = framer.frame(b"250 caf\xc3\xa9\r\n") else { panic!() };
        assert!(item.violations.is_empty());
        let Framing::Complete { item, .. } = framer.frame(b"250 caf\xe9\r\n") else { panic!() };
        assert_eq!(item.violations.len(), 1);
    }

    #[test]
    fn an_endless_line_ends_at_the_limit_and_the_stream_with_it() {
        let mut framer = Framer::new(Limits { line: 100, item: 1000 });
        assert_eq!(framer.frame(&[b'x'; 100]), Framing::Incomplete);
        let Framing::Complete { item, consumed } = framer.frame(&[b'x'; 101]) else { panic!() };
        assert_eq!((item.stream, consumed), (Stream::BeyondUse, 101));
        assert!(!item.violations.is_empty());
        assert_eq!(framer.frame(b"250 ok\r\n"), Framing::Incomplete);
    }

    #[test]
    fn an_endless_reply_ends_at_the_limit() {
        let mut framer = Framer::new(Limits { line: 100, item: 1000 });
        let Framing::Complete { item, consumed } = framer.frame(&b"250-x\r\n".repeat(1000)) else { panic!() };
        assert_eq!(item.stream, Stream::BeyondUse);
        assert!(consumed < 1100);
        assert_eq!(item.violations[0].requirement.as_str(), "rfc5321-4.2-R4");
    }

    #[test]
    fn what_is_left_at_the_close_is_read_as_far_as_it_goes() {
        assert_eq!(Framer::new(Limits::SMTP).finish(b""), None);
        let reply = Framer::new(Limits::SMTP).finish(b"250-a\r\n250-b\r\n").unwrap();
        assert_eq!((reply.lines.len(), reply.stream), (2, Stream::BeyondUse));
        assert_eq!(reply.violations[0].requirement.as_str(), "rfc5321-4.2-R4");
        let reply = Framer::new(Limits::SMTP).finish(b"250 o").unwrap();
        assert_eq!(reply.code(), Some(250));
        assert_eq!(reply.violations[0].requirement.as_str(), "rfc5321-2.3.8-1");
    }
}
