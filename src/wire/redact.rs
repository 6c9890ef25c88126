//! Secrets taken out of what is recorded.
//!
//! Applied once, when a line enters the transcript, so that no report has to
//! think of it. Not for what is sent: that goes out as it is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What stands in a secret's place.
const MARK: &[u8] = b"[secret]";

/// The secrets of a case's accounts.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    secrets: Vec<Vec<u8>>,
}

impl Redactor {
    /// Knows one more secret.
    pub fn add(&mut self, secret: &[u8]) {
        if !secret.is_empty() && !self.secrets.iter().any(|known| known == secret) {
            self.secrets.push(secret.to_vec());
            // The longest first: one secret may be part of another.
            self.secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        }
    }

    /// The line with every secret replaced: as it is, as a base64 token that
    /// holds it (SASL PLAIN and LOGIN), and as the argument of POP3's PASS.
    #[must_use]
    pub fn redact(&self, line: &[u8]) -> Vec<u8> {
        let line = hide_pass(line);
        if self.secrets.is_empty() {
            return line;
        }
        let line = self.hide_tokens(&line);
        self.secrets.iter().fold(line, |line, secret| replace(&line, secret))
    }

    fn hide_tokens(&self, line: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(line.len());
        for piece in line.split_inclusive(|octet| octet.is_ascii_whitespace()) {
            let length = piece.iter().position(u8::is_ascii_whitespace).unwrap_or(piece.len());
            let (token, rest) = piece.split_at(length);
            out.extend_from_slice(if self.is_blob(token) { MARK } else { token });
            out.extend_from_slice(rest);
        }
        out
    }

    fn is_blob(&self, token: &[u8]) -> bool {
        // A mail body in base64 is no login; and the work stays bounded.
        if token.len() < 4 || token.len() > 4096 {
            return false;
        }
        let Ok(decoded) = STANDARD.decode(token) else { return false };
        self.secrets.iter().any(|secret| find(&decoded, secret).is_some())
    }
}

fn hide_pass(line: &[u8]) -> Vec<u8> {
    match line.get(..5) {
        Some(word) if word.eq_ignore_ascii_case(b"PASS ") => {
            let end = line.iter().position(|octet| matches!(octet, b'\r' | b'\n')).unwrap_or(line.len());
            let tail = line.get(end..).unwrap_or_default();
            [word, MARK, tail].concat()
        }
        _ => line.to_vec(),
    }
}

fn replace(line: &[u8], secret: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = find(rest, secret) {
        let (before, from) = rest.split_at(at);
        out.extend_from_slice(before);
        out.extend_from_slice(MARK);
        rest = from.get(secret.len()..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor() -> Redactor {
        let mut redactor = Redactor::default();
        redactor.add(b"alice-secret");
        redactor
    }

    #[test]
    fn a_secret_is_hidden_wherever_it_stands() {
        let out = redactor().redact(b"a1 LOGIN alice \"alice-secret\"\r\n");
        assert_eq!(out, b"a1 LOGIN alice \"[secret]\"\r\n");
    }

    #[test]
    fn a_sasl_plain_blob_is_hidden() {
        let blob = STANDARD.encode(b"\0alice\0alice-secret");
        let out = redactor().redact(format!("AUTH PLAIN {blob}\r\n").as_bytes());
        assert_eq!(out, b"AUTH PLAIN [secret]\r\n");
        let blob = STANDARD.encode(b"alice-secret");
        assert_eq!(redactor().redact(blob.as_bytes()), b"[secret]");
    }

    #[test]
    fn the_argument_of_pass_is_hidden_even_when_it_is_wrong() {
        assert_eq!(redactor().redact(b"pass other words\r\n"), b"pass [secret]\r\n");
    }

    #[test]
    fn what_is_no_secret_stays() {
        let line = b"RCPT TO:<alice@example.test> cGxhaW4gdGV4dA==\r\n";
        assert_eq!(redactor().redact(line), line);
    }
}
