//! Replies and how they are written (RFC 5321, section 4.2; RFC 2034, section 4).

/// Longest reply line, CRLF included (RFC 5321, section 4.5.3.1.5).
const LINE_OCTETS: usize = 512;

/// One reply, of one or several lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    code: u16,
    /// Stands in front of the text of every line; the greeting, answers to EHLO and its
    /// kin, and 3xx replies have none.
    status: Option<&'static str>,
    lines: Vec<String>,
}

impl Reply {
    /// A reply with its enhanced status code.
    pub(super) fn new(code: u16, status: &'static str, text: impl Into<String>) -> Self {
        Self { code, status: Some(status), lines: vec![text.into()] }
    }

    /// A reply that has no enhanced status code.
    pub(super) fn bare(code: u16, text: impl Into<String>) -> Self {
        Self { code, status: None, lines: vec![text.into()] }
    }

    /// The reply with more lines.
    pub(super) fn with_lines(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.lines.extend(lines);
        self
    }

    /// Is it a permanent refusal (5yz)?
    pub(super) fn is_permanent_failure(&self) -> bool {
        self.code >= 500
    }

    /// The octets of the reply: each line with the code, the last one with a space after
    /// it and the others with a hyphen.
    pub(super) fn render(&self) -> Vec<u8> {
        let mut octets = Vec::new();
        let last = self.lines.len().saturating_sub(1);
        for (index, text) in self.lines.iter().enumerate() {
            let mark = if index == last { ' ' } else { '-' };
            let mut line = format!("{}{mark}", self.code);
            if let Some(status) = self.status {
                line.push_str(status);
                line.push(' ');
            }
            line.extend(text.chars().map(|c| if c.is_control() { '?' } else { c }));
            let mut line = line.into_bytes();
            line.truncate(LINE_OCTETS - 2);
            octets.extend_from_slice(&line);
            octets.extend_from_slice(b"\r\n");
        }
        octets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_carries_the_code_and_the_status() {
        let reply = Reply::new(214, "2.0.0", "one").with_lines(["two".to_owned()]);
        assert_eq!(reply.render(), b"214-2.0.0 one\r\n214 2.0.0 two\r\n");
        assert_eq!(Reply::bare(334, "").render(), b"334 \r\n");
    }

    #[test]
    fn no_line_is_longer_than_the_law_allows_or_breaks_in_two() {
        let octets = Reply::new(550, "5.1.1", "x\r\n".repeat(400)).render();
        assert_eq!(octets.len(), LINE_OCTETS);
        assert_eq!(octets.iter().filter(|octet| **octet == b'\n').count(), 1);
    }
}
