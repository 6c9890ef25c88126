//! Where a response ends: at a CRLF that no literal follows (RFC 3501, sections 2.2 and 4.3).

use super::super::{Framing, Limits, Stream, find_lf, trim_line_end};
use super::read::read;
use super::{Response, Status};

/// Finds responses in a stream of octets.
#[derive(Debug, Clone)]
pub struct Framer {
    limits: Limits,
    /// Where the line begins that is not ended yet; behind a literal, where the rest of its line begins.
    line: usize,
    /// Up to where nothing is left to look for; beyond the octets received while a literal is under way.
    scanned: usize,
    /// Where literals may stand in this response, once its first line is known.
    literals: Option<Literals>,
    stream: Stream,
}

/// Where literals may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Literals {
    /// Nowhere: text for people ends as it likes, also with `{3}`.
    Nowhere,
    /// In a response code that is not closed yet.
    InCode,
    /// Anywhere.
    Anywhere,
}

impl Framer {
    /// A framer at the beginning of a stream.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self { limits, line: 0, scanned: 0, literals: None, stream: Stream::Usable }
    }

    /// Looks for a whole response at the head of `octets`.
    ///
    /// Once a response said [`Stream::BeyondUse`], nothing more is found.
    pub fn frame(&mut self, octets: &[u8]) -> Framing<Response> {
        if self.stream == Stream::BeyondUse {
            return Framing::Incomplete;
        }
        while let Some(lf) = find_lf(octets, self.scanned) {
            let line = octets.get(self.line..=lf).unwrap_or_default();
            let literals = match self.literals {
                None => first_line(line),
                Some(Literals::InCode) if trim_line_end(line).contains(&b']') => Literals::Nowhere,
                Some(literals) => literals,
            };
            self.literals = Some(literals);
            match announced(line).filter(|_| literals != Literals::Nowhere) {
                None => return self.complete(octets, lf + 1, Stream::Usable),
                Some(length) if length > self.limits.item.saturating_sub(lf) => {
                    return self.complete(octets, lf + 1, Stream::BeyondUse);
                }
                Some(length) => (self.line, self.scanned) = (lf + 1 + length, lf + 1 + length),
            }
        }
        self.scanned = self.scanned.max(octets.len());
        if octets.len().saturating_sub(self.line) > self.limits.line {
            return self.complete(octets, octets.len(), Stream::BeyondUse);
        }
        Framing::Incomplete
    }

    /// What is left when no more octets come: a response that is not whole.
    pub fn finish(&mut self, octets: &[u8]) -> Option<Response> {
        match self.frame(octets) {
            Framing::Complete { item, .. } => Some(item),
            Framing::Incomplete if octets.is_empty() => None,
            Framing::Incomplete => match self.complete(octets, octets.len(), Stream::BeyondUse) {
                Framing::Complete { item, .. } => Some(item),
                Framing::Incomplete => None,
            },
        }
    }

    fn complete(&mut self, octets: &[u8], consumed: usize, stream: Stream) -> Framing<Response> {
        (self.line, self.scanned, self.literals, self.stream) = (0, 0, None, stream);
        let raw = octets.get(..consumed).unwrap_or_default().to_vec();
        Framing::Complete { consumed, item: read(raw, stream) }
    }
}

/// What the first line of a response says about its literals.
fn first_line(line: &[u8]) -> Literals {
    let line = trim_line_end(line);
    let mut words = line.splitn(3, |&octet| octet == b' ');
    let (first, second, text) = (words.next(), words.next(), words.next().unwrap_or_default());
    if first.is_some_and(|word| word.starts_with(b"+")) {
        return Literals::Nowhere;
    }
    let status = second.and_then(Status::from_word);
    match (first, status) {
        (_, Some(_)) if text.starts_with(b"[") && !text.contains(&b']') => Literals::InCode,
        (_, Some(_)) => Literals::Nowhere,
        (Some(b"*"), None) => Literals::Anywhere,
        (_, None) => Literals::Nowhere,
    }
}

/// The length that `{n}`, `{n+}` or `~{n}` at the end of a line announces.
fn announced(line: &[u8]) -> Option<usize> {
    let inner = trim_line_end(line).strip_suffix(b"}")?;
    let inner = inner.strip_suffix(b"+").unwrap_or(inner);
    let open = inner.iter().rposition(|octet| !octet.is_ascii_digit())?;
    let digits = inner.get(open + 1..)?;
    let before = inner.get(..open)?;
    let before = before.strip_suffix(b"~").unwrap_or(before);
    let stands_alone = before.is_empty() || before.ends_with(b" ") || before.ends_with(b"(");
    if inner.get(open) != Some(&b'{') || digits.is_empty() || !stands_alone {
        return None;
    }
    Some(std::str::from_utf8(digits).ok()?.parse().unwrap_or(usize::MAX))
}
