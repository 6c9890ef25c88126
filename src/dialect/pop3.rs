//! POP3 replies (RFC 1939, section 3): framing, dot-unstuffing, and the rules that every reply keeps.

use super::rules::{self, Rule};
use super::{Framing, Limits, Stream, Violation, find_lf, trim_line_end};

/// The longest first line, CRLF included (RFC 1939, section 3; RFC 2449, section 4).
const LINE_LENGTH: usize = 512;

/// One reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Its octets as they came.
    pub raw: Vec<u8>,
    /// `None` when it begins with no status.
    pub status: Option<Status>,
    /// `[CODE]` at the head of the text (RFC 2449, section 8), without its brackets.
    pub code: Option<Vec<u8>>,
    /// The text behind the status, code included, without line end; the whole line when there is no status.
    pub text: Vec<u8>,
    /// The lines behind the first one, dots unstuffed, each with its line end; `None` when the reply has one line.
    pub payload: Option<Vec<u8>>,
    /// What is wrong with it.
    pub violations: Vec<Violation>,
    /// Whether anything can be read behind it.
    pub stream: Stream,
}

/// The status indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// `+OK`.
    Ok,
    /// `-ERR`.
    Err,
    /// `+` and a space: the server's turn in a SASL exchange (RFC 5034, section 4).
    Continuation,
}

/// Whether the command asks for lines behind the first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One line, whatever the status.
    SingleLine,
    /// A payload behind `+OK`.
    MultiLine,
}

/// How the server ends its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineEnd {
    CrLf,
    /// A departure; a payload is then taken to be ended in the same way.
    BareLf,
}

/// Finds replies in a stream of octets.
#[derive(Debug, Clone)]
pub struct Framer {
    limits: Limits,
    /// The length of the first line, once it is whole, and how it was ended.
    first: Option<(usize, LineEnd)>,
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
        Self { limits, first: None, line: 0, scanned: 0, stream: Stream::Usable }
    }

    /// Looks for a whole reply at the head of `octets`; `shape` is that of the command it answers.
    ///
    /// Once a reply said [`Stream::BeyondUse`], nothing more is found.
    pub fn frame(&mut self, octets: &[u8], shape: Shape) -> Framing<Reply> {
        if self.stream == Stream::BeyondUse {
            return Framing::Incomplete;
        }
        while let Some(lf) = find_lf(octets, self.scanned) {
            let line = octets.get(self.line..=lf).unwrap_or_default();
            (self.line, self.scanned) =
                if self.ends_line(line) { (lf + 1, lf + 1) } else { (self.line, lf + 1) };
            match self.first {
                None => {
                    let end = if line.ends_with(b"\r\n") { LineEnd::CrLf } else { LineEnd::BareLf };
                    self.first = Some((lf + 1, end));
                    if shape == Shape::SingleLine || read_status(line).0 != Some(Status::Ok) {
                        return self.complete(octets, lf + 1, End::SingleLine);
                    }
                }
                Some(_) if self.line == lf + 1 && trim_line_end(line) == b"." => {
                    return self.complete(octets, lf + 1, End::Terminator(line.len()));
                }
                Some(_) => {}
            }
        }
        self.scanned = octets.len();
        let endless = self.first.is_none() && octets.len() > self.limits.line;
        if endless || octets.len() > self.limits.item {
            return self.complete(octets, octets.len(), End::Missing);
        }
        Framing::Incomplete
    }

    /// What is left when no more octets come: a reply that is not whole.
    pub fn finish(&mut self, octets: &[u8], shape: Shape) -> Option<Reply> {
        match self.frame(octets, shape) {
            Framing::Complete { item, .. } => Some(item),
            Framing::Incomplete if octets.is_empty() => None,
            Framing::Incomplete => match self.complete(octets, octets.len(), End::Missing) {
                Framing::Complete { item, .. } => Some(item),
                Framing::Incomplete => None,
            },
        }
    }

    /// Whether this LF ends a line: in a payload of a server that knows CRLF, a bare LF is text.
    fn ends_line(&self, line: &[u8]) -> bool {
        match self.first {
            None | Some((_, LineEnd::BareLf)) => true,
            Some((_, LineEnd::CrLf)) => line.ends_with(b"\r\n"),
        }
    }

    fn complete(&mut self, octets: &[u8], consumed: usize, end: End) -> Framing<Reply> {
        let first = self.first.take();
        (self.line, self.scanned) = (0, 0);
        self.stream = if end == End::Missing { Stream::BeyondUse } else { Stream::Usable };
        let raw = octets.get(..consumed).unwrap_or_default().to_vec();
        let length = first.map_or(raw.len(), |(length, _)| length);
        let (line, behind) = raw.split_at_checked(length).unwrap_or((raw.as_slice(), b""));
        let (status, text) = read_status(line);
        let mut violations = judge_line(line, status);
        let payload = match (end, first) {
            (End::SingleLine, _) | (End::Missing, None) => None,
            (End::Terminator(dot), _) => {
                let body = behind.get(..behind.len().saturating_sub(dot)).unwrap_or_default();
                Some(unstuff(body, first, &mut violations))
            }
            (End::Missing, Some(_)) => {
                add(
                    &mut violations,
                    rules::POP3_TERMINATOR,
                    behind.get(last_line(behind)..).unwrap_or_default(),
                );
                Some(unstuff(behind, first, &mut violations))
            }
        };
        let (text, code) = (text.to_vec(), response_code(text));
        let item = Reply { status, code, text, payload, violations, stream: self.stream, raw };
        Framing::Complete { consumed, item }
    }
}

/// How a reply ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    SingleLine,
    /// By a line with one dot, of so many octets.
    Terminator(usize),
    Missing,
}

/// The status at the head of a line, and the text behind it.
fn read_status(line: &[u8]) -> (Option<Status>, &[u8]) {
    let line = trim_line_end(line);
    for (word, status) in [(&b"+OK"[..], Status::Ok), (b"-ERR", Status::Err)] {
        if let Some((head, text)) = line.split_at_checked(word.len())
            && head.eq_ignore_ascii_case(word)
        {
            return (Some(status), text.strip_prefix(b" ").unwrap_or(text));
        }
    }
    match line.strip_prefix(b"+") {
        Some(b"") => (Some(Status::Continuation), b""),
        Some([b' ', text @ ..]) => (Some(Status::Continuation), text),
        _ => (None, line),
    }
}

/// `"[" resp-level *("/" resp-level) "]"` (RFC 2449, section 3), without the brackets.
fn response_code(text: &[u8]) -> Option<Vec<u8>> {
    let inner = text.strip_prefix(b"[")?;
    let end = inner.iter().position(|&octet| octet == b']')?;
    let code = inner.get(..end)?;
    code.iter().all(u8::is_ascii_graphic).then(|| code.to_vec()).filter(|code| !code.is_empty())
}

/// Each line of a payload without the dot that was put in front of it.
fn unstuff(payload: &[u8], first: Option<(usize, LineEnd)>, violations: &mut Vec<Violation>) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len());
    let crlf = !matches!(first, Some((_, LineEnd::BareLf)));
    let mut start = true;
    let mut rest = payload;
    while !rest.is_empty() {
        let end = find_lf(rest, 0).map_or(rest.len(), |lf| lf + 1);
        let (line, behind) = rest.split_at_checked(end).unwrap_or((rest, b""));
        match line {
            [b'.', b'.', ..] if start => out.extend_from_slice(line.get(1..).unwrap_or_default()),
            [b'.', text @ ..] if start => {
                add(violations, rules::POP3_STUFFING, line);
                out.extend_from_slice(text);
            }
            _ => out.extend_from_slice(line),
        }
        start = !crlf || line.ends_with(b"\r\n");
        rest = behind;
    }
    out
}

fn last_line(octets: &[u8]) -> usize {
    let before = octets.strip_suffix(b"\n").unwrap_or(octets);
    before.iter().rposition(|&octet| octet == b'\n').map_or(0, |at| at + 1)
}

fn judge_line(line: &[u8], status: Option<Status>) -> Vec<Violation> {
    let mut violations = Vec::new();
    if !line.ends_with(b"\r\n") || trim_line_end(line).contains(&b'\r') {
        add(&mut violations, rules::POP3_CRLF, line);
    }
    match status {
        None => add(&mut violations, rules::POP3_STATUS, line),
        Some(Status::Ok | Status::Err) if line.iter().take(4).any(u8::is_ascii_lowercase) => {
            // `+OKx` is not a matter of case; only the indicator itself is.
            if !line.starts_with(b"+OK") && !line.starts_with(b"-ERR") {
                add(&mut violations, rules::POP3_UPPER_CASE, line);
            }
        }
        Some(_) => {}
    }
    // A SASL challenge is not bound by the length of a reply (RFC 5034, section 4).
    if line.len() > LINE_LENGTH && status != Some(Status::Continuation) {
        add(&mut violations, rules::POP3_LENGTH, line);
    }
    violations
}

fn add(violations: &mut Vec<Violation>, rule: Rule, octets: &[u8]) {
    if !violations.iter().any(|violation| violation.requirement.as_str() == rule.id) {
        violations.push(rule.broken_by(octets));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(octets: &[u8], shape: Shape) -> Reply {
        match Framer::new(Limits::POP3).frame(octets, shape) {
            Framing::Complete { consumed, item } => {
                assert_eq!(consumed, octets.len());
                item
            }
            Framing::Incomplete => panic!("incomplete"),
        }
    }

    fn broken(octets: &[u8], shape: Shape) -> Vec<String> {
        whole(octets, shape).violations.iter().map(|v| v.requirement.as_str().to_owned()).collect()
    }

    #[test]
    fn replies_that_conform_are_clean() {
        for reply in [
            &b"+OK Dovecot (Debian) ready. <1d.1.5f.x@h>\r\n"[..],
            b"+OK\r\n",
            b"-ERR [AUTH] Authentication failed.\r\n",
            b"+ \r\n",
            b"+ dXNlcg==\r\n",
        ] {
            assert_eq!(whole(reply, Shape::SingleLine).violations, [], "{}", String::from_utf8_lossy(reply));
        }
    }

    #[test]
    fn a_status_line_is_read() {
        let reply = whole(b"-ERR [IN-USE] locked\r\n", Shape::MultiLine);
        assert_eq!(reply.status, Some(Status::Err));
        assert_eq!(reply.code.as_deref(), Some(&b"IN-USE"[..]));
        assert_eq!(reply.text, b"[IN-USE] locked");
        assert_eq!(reply.payload, None);
    }

    #[test]
    fn a_payload_is_unstuffed_byte_for_byte() {
        let reply = whole(b"+OK 9 octets\r\na\r\n..\r\n...b\r\n\r\nbare\nlf\r\n.\r\n", Shape::MultiLine);
        assert_eq!(reply.payload.as_deref(), Some(&b"a\r\n.\r\n..b\r\n\r\nbare\nlf\r\n"[..]));
        assert_eq!(reply.violations, []);
        assert_eq!(whole(b"+OK\r\n.\r\n", Shape::MultiLine).payload.as_deref(), Some(&b""[..]));
    }

    #[test]
    fn a_dot_behind_a_bare_lf_does_not_end_a_payload() {
        let stream = b"+OK\r\na\n.\nb\r\n.\r\n";
        let reply = whole(stream, Shape::MultiLine);
        assert_eq!(reply.payload.as_deref(), Some(&b"a\n.\nb\r\n"[..]));
        assert_eq!(
            whole(b"+OK\r\na\n.\r\n.\r\n", Shape::MultiLine).payload.as_deref(),
            Some(&b"a\n.\r\n"[..])
        );
    }

    #[test]
    fn octets_may_come_one_at_a_time() {
        let stream = b"+OK\r\n..a\r\n.\r\n+OK bye\r\n";
        let mut framer = Framer::new(Limits::POP3);
        let (mut head, mut replies) = (0, Vec::new());
        for end in 1..=stream.len() {
            let shape = if replies.is_empty() { Shape::MultiLine } else { Shape::SingleLine };
            if let Framing::Complete { consumed, item } = framer.frame(&stream[head..end], shape) {
                head += consumed;
                replies.push(item);
            }
        }
        assert_eq!(replies.len(), 2);
        assert_eq!(replies[0].payload.as_deref(), Some(&b".a\r\n"[..]));
        assert_eq!(replies[1].text, b"bye");
    }

    #[test]
    fn each_broken_rule_is_named() {
        let long = [b"+OK ", [b'x'; 507].as_slice(), b"\r\n"].concat();
        let cases: [(&[u8], &[&str]); 6] = [
            (b"OK\r\n", &["rfc1939-3-R1"]),
            (b"+ok\r\n", &["rfc1939-3-1"]),
            (b"-Err no\r\n", &["rfc1939-3-1"]),
            (b"+OK\n", &["rfc1939-3-R2"]),
            (&long, &["rfc2449-4-R1"]),
            (b"\0\xff\r\n", &["rfc1939-3-R1"]),
        ];
        for (octets, ids) in cases {
            assert_eq!(broken(octets, Shape::SingleLine), ids);
        }
        assert_eq!(broken(b"+OK\r\n.a\r\n.\r\n", Shape::MultiLine), ["rfc1939-3-R3"]);
        assert_eq!(broken(b"+OK\n..a\n.\n", Shape::MultiLine), ["rfc1939-3-R2"]);
        let longest = [b"+OK ", [b'x'; 506].as_slice(), b"\r\n"].concat();
        assert!(broken(&longest, Shape::SingleLine).is_empty());
    }

    #[test]
    fn limits_and_closes_end_a_reply() {
        let mut framer = Framer::new(Limits { line: 100, item: 1000 });
        let Framing::Complete { item, .. } = framer.frame(&[b'+'; 101], Shape::SingleLine) else { panic!() };
        assert_eq!(item.stream, Stream::BeyondUse);
        assert_eq!(framer.frame(b"+OK\r\n", Shape::SingleLine), Framing::Incomplete);
        let mut framer = Framer::new(Limits { line: 100, item: 1000 });
        let endless = [b"+OK\r\n", b"x\r\n".repeat(400).as_slice()].concat();
        let Framing::Complete { item, .. } = framer.frame(&endless, Shape::MultiLine) else { panic!() };
        assert_eq!(item.violations[0].requirement.as_str(), "rfc1939-3-R4");
        let reply = Framer::new(Limits::POP3).finish(b"+OK\r\nhalf\r\n", Shape::MultiLine).unwrap();
        assert_eq!(reply.payload.as_deref(), Some(&b"half\r\n"[..]));
        assert_eq!(reply.stream, Stream::BeyondUse);
        assert_eq!(Framer::new(Limits::POP3).finish(b"", Shape::SingleLine), None);
    }
}
