//! Mail data after DATA (RFC 5321, sections 4.1.1.4 and 4.5.2): dots, the end, and line ends
//! that are none. Pure: octets in, a message out.

/// How DATA ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Received {
    /// The message, each line with its CRLF.
    Message(Vec<u8>),
    /// It was larger than the limit; nothing of it is kept.
    TooLarge,
    /// A CR or LF stood alone somewhere. Servers differ in what they take that for, which is
    /// how messages are smuggled past them: nothing of it is kept.
    BareLineEnd,
}

/// Is there a CR or LF that is no part of a CRLF?
pub(super) fn stands_alone(content: &[u8]) -> bool {
    let mut previous = 0;
    for octet in content {
        if (previous == b'\r') != (*octet == b'\n') {
            return true;
        }
        previous = *octet;
    }
    previous == b'\r'
}

/// Reads mail data up to CRLF, dot, CRLF: nothing else ends it.
pub(super) struct Reader {
    limit: usize,
    unstuff: fn(&[u8]) -> &[u8],
    content: Vec<u8>,
    /// The line that has not ended yet; over the limit only its first octets.
    line: Vec<u8>,
    too_large: bool,
    bare_line_end: bool,
    /// The last octet was a CR, which is not in `line` yet.
    after_cr: bool,
}

/// Octets of a line that are enough to know the final dot from any other line.
const ENOUGH: usize = 2;

impl Reader {
    /// A reader of at most `limit` octets; `unstuff` removes the dot that the client put in
    /// front of a line.
    pub(super) fn new(limit: usize, unstuff: fn(&[u8]) -> &[u8]) -> Self {
        Self {
            limit,
            unstuff,
            content: Vec::new(),
            line: Vec::new(),
            too_large: false,
            bare_line_end: false,
            after_cr: false,
        }
    }

    /// Takes input; gives back how much of it was used, and the result once the data has
    /// ended. What follows the end is the next command.
    pub(super) fn feed(&mut self, input: &[u8]) -> (usize, Option<Received>) {
        for (index, octet) in input.iter().enumerate() {
            let after_cr = std::mem::replace(&mut self.after_cr, false);
            match (after_cr, *octet) {
                (true, b'\n') => {
                    if self.line == b"." {
                        return (index + 1, Some(self.finish()));
                    }
                    self.end_line();
                }
                (was_cr, octet) => {
                    if was_cr {
                        self.bare_line_end = true;
                        self.push(b'\r');
                    }
                    match octet {
                        b'\r' => self.after_cr = true,
                        b'\n' => {
                            self.bare_line_end = true;
                            self.push(b'\n');
                        }
                        other => self.push(other),
                    }
                }
            }
        }
        (input.len(), None)
    }

    fn push(&mut self, octet: u8) {
        if self.content.len() + self.line.len() > self.limit {
            self.too_large = true;
        }
        if !self.too_large || self.line.len() < ENOUGH {
            self.line.push(octet);
        }
    }

    fn end_line(&mut self) {
        let line = (self.unstuff)(&self.line);
        if self.content.len() + line.len() + 2 > self.limit {
            self.too_large = true;
        }
        if self.too_large {
            self.content = Vec::new();
        } else {
            self.content.extend_from_slice(line);
            self.content.extend_from_slice(b"\r\n");
        }
        self.line.clear();
    }

    fn finish(&mut self) -> Received {
        let content = std::mem::take(&mut self.content);
        if self.bare_line_end {
            Received::BareLineEnd
        } else if self.too_large {
            Received::TooLarge
        } else {
            Received::Message(content)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unstuff(line: &[u8]) -> &[u8] {
        line.strip_prefix(b".").unwrap_or(line)
    }

    /// The result however the input is cut, and what is left after the end.
    fn read(limit: usize, input: &[u8]) -> (Option<Received>, Vec<u8>) {
        let whole = read_cut(limit, input, input.len());
        for cut in 0..input.len() {
            assert_eq!(read_cut(limit, input, cut), whole, "cut at {cut}");
        }
        whole
    }

    fn read_cut(limit: usize, input: &[u8], cut: usize) -> (Option<Received>, Vec<u8>) {
        let mut reader = Reader::new(limit, unstuff);
        let (first, second) = input.split_at(cut);
        match reader.feed(first) {
            (used, Some(done)) => (Some(done), [&first[used..], second].concat()),
            (_, None) => {
                let (used, done) = reader.feed(second);
                (done, second[used..].to_vec())
            }
        }
    }

    fn message(text: &str) -> Option<Received> {
        Some(Received::Message(text.as_bytes().to_vec()))
    }

    #[test]
    fn the_leading_dot_is_removed_and_only_one() {
        let (got, rest) = read(100, b"a\r\n..\r\n.b\r\n...c\r\n\r\n.\r\nQUIT\r\n");
        assert_eq!(got, message("a\r\n.\r\nb\r\n..c\r\n\r\n"));
        assert_eq!(rest, b"QUIT\r\n");
    }

    #[test]
    fn no_data_at_all_is_an_empty_message() {
        assert_eq!(read(100, b".\r\n").0, message(""));
    }

    #[test]
    fn only_crlf_dot_crlf_ends_and_bare_line_ends_spoil_the_message() {
        for inner in
            ["x\n.\n", "x\n.\r\n", "x\r\n.\n", "x\r.\r", "x\r\n.\r\r\n", "x\r\n\n.\r\n", "a\rb\r\n", "\n\r\n"]
        {
            let input = format!("{inner}MAIL FROM:<a@b>\r\n\r\n.\r\nNOOP\r\n");
            let (got, rest) = read(1000, input.as_bytes());
            assert_eq!(got, Some(Received::BareLineEnd), "{inner:?}");
            assert_eq!(rest, b"NOOP\r\n", "{inner:?}");
        }
    }

    #[test]
    fn the_size_counts_the_message_and_not_its_wrapping() {
        let exact = b"..23456\r\n.\r\n";
        assert_eq!(read(8, exact).0, message(".23456\r\n"));
        assert_eq!(read(7, exact).0, Some(Received::TooLarge));
    }

    #[test]
    fn a_message_that_is_too_large_is_read_to_its_end_without_being_kept() {
        let mut reader = Reader::new(1000, unstuff);
        for _ in 0..1000 {
            assert_eq!(reader.feed(&[b'x'; 1000]), (1000, None));
        }
        assert!(reader.line.capacity() < 10_000);
        assert_eq!(reader.feed(b"\r\n.\r\n"), (5, Some(Received::TooLarge)));
    }

    #[test]
    fn line_ends_that_stand_alone() {
        for good in [&b""[..], b"a", b"a\r\n", b"\r\n\r\nb"] {
            assert!(!stands_alone(good), "{good:?}");
        }
        for bad in [&b"\n"[..], b"\r", b"a\r", b"a\rb", b"a\nb", b"\r\r\n", b"\r\n\n"] {
            assert!(stands_alone(bad), "{bad:?}");
        }
    }

    #[test]
    fn all_octets_come_through() {
        let every: Vec<u8> = (0..=255).filter(|octet| !matches!(octet, b'\r' | b'\n')).collect();
        let input = [&every, &b"\r\n.\r\n"[..]].concat();
        let wanted = [&every, &b"\r\n"[..]].concat();
        assert_eq!(read(1000, &input).0, Some(Received::Message(wanted)));
    }
}
