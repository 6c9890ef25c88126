//! Mail data after DATA (RFC 5321, sections 4.1.1.4 and 4.5.2): dots, the end, and line ends
//! that are none. Pure: octets in, a message out.

/// How mail data ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// As it should: the message is whole.
    Whole,
    /// It was larger than the limit; nothing of it is kept.
    TooLarge,
    /// A CR or LF stood alone somewhere. Servers differ in what they take that for, which is
    /// how messages are smuggled past them: nothing of it is kept.
    Bare,
}

/// Looks for a CR or LF that is no part of a CRLF, in octets that come piece by piece.
#[derive(Debug, Default)]
pub(super) struct LineEnds {
    previous: u8,
    stood_alone: bool,
}

impl LineEnds {
    /// Takes the next octets.
    pub(super) fn feed(&mut self, octets: &[u8]) {
        for octet in octets {
            self.stood_alone |= (self.previous == b'\r') != (*octet == b'\n');
            self.previous = *octet;
        }
    }

    /// Did one stand alone in what was fed?
    pub(super) fn stood_alone(&self) -> bool {
        self.stood_alone || self.previous == b'\r'
    }
}

/// Reads mail data up to CRLF, dot, CRLF: nothing else ends it.
pub(super) struct Reader {
    limit: u64,
    unstuff: fn(&[u8]) -> &[u8],
    /// Octets of the message that have not been taken.
    content: Vec<u8>,
    /// Octets of the message so far.
    octets: u64,
    /// The beginning of the line, while it is too short to know what it is.
    line: Vec<u8>,
    place: Place,
    bare_line_end: bool,
    /// The last octet was a CR, which is not in `content` yet.
    after_cr: bool,
}

/// Where in a line the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In its first octets, which are in [`Reader::line`].
    Beginning,
    /// Behind them.
    Within,
}

/// Octets of a line that are enough to know the final dot from any other line, and to see what the
/// client put in front of it.
const ENOUGH: usize = 2;

impl Reader {
    /// A reader of at most `limit` octets; `unstuff` removes the dot that the client put in
    /// front of a line.
    pub(super) fn new(limit: u64, unstuff: fn(&[u8]) -> &[u8]) -> Self {
        Self {
            limit,
            unstuff,
            content: Vec::new(),
            octets: 0,
            line: Vec::new(),
            place: Place::Beginning,
            bare_line_end: false,
            after_cr: false,
        }
    }

    /// Octets of the message that were fed, each line with its CRLF; whoever takes them clears
    /// them away. There are no more once something is wrong with the message.
    pub(super) fn content(&mut self) -> &mut Vec<u8> {
        &mut self.content
    }

    /// Takes input; gives back how much of it was used, and how the data ended once it has.
    /// What follows the end is the next command.
    pub(super) fn feed(&mut self, input: &[u8]) -> (usize, Option<End>) {
        let mut at = 0;
        while let Some(&octet) = input.get(at) {
            at += 1;
            match (std::mem::replace(&mut self.after_cr, false), octet) {
                (true, b'\n') => {
                    if self.place == Place::Beginning && self.line == b"." {
                        return (at, Some(self.end()));
                    }
                    self.end_line();
                    continue;
                }
                (true, _) => {
                    self.bare_line_end = true;
                    self.push(b"\r");
                }
                (false, _) => {}
            }
            match octet {
                b'\r' => self.after_cr = true,
                b'\n' => {
                    self.bare_line_end = true;
                    self.push(b"\n");
                }
                _ => {
                    // The rest of the line, as far as it is here.
                    let rest = input.get(at..).unwrap_or_default();
                    let length = memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
                    self.push(input.get(at - 1..at + length).unwrap_or_default());
                    at += length;
                }
            }
        }
        (at, None)
    }

    fn push(&mut self, octets: &[u8]) {
        if self.place == Place::Within {
            self.keep(octets);
            return;
        }
        self.line.extend_from_slice(octets);
        if self.line.len() >= ENOUGH {
            self.keep_beginning();
            self.place = Place::Within;
        }
    }

    fn keep_beginning(&mut self) {
        let line = std::mem::take(&mut self.line);
        self.keep((self.unstuff)(&line));
        self.line = line;
        self.line.clear();
    }

    fn end_line(&mut self) {
        if self.place == Place::Beginning {
            self.keep_beginning();
        }
        self.keep(b"\r\n");
        self.place = Place::Beginning;
    }

    fn keep(&mut self, octets: &[u8]) {
        self.octets = self.octets.saturating_add(u64::try_from(octets.len()).unwrap_or(u64::MAX));
        if self.octets > self.limit || self.bare_line_end {
            self.content = Vec::new();
        } else {
            self.content.extend_from_slice(octets);
        }
    }

    fn end(&self) -> End {
        if self.bare_line_end {
            End::Bare
        } else if self.octets > self.limit {
            End::TooLarge
        } else {
            End::Whole
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unstuff(line: &[u8]) -> &[u8] {
        line.strip_prefix(b".").unwrap_or(line)
    }

    #[derive(Debug, PartialEq, Eq)]
    enum Received {
        Message(Vec<u8>),
        Not(End),
    }

    /// The result however the input is cut, and what is left after the end.
    fn read(limit: u64, input: &[u8]) -> (Option<Received>, Vec<u8>) {
        let whole = read_cut(limit, input, input.len());
        for cut in 0..input.len() {
            assert_eq!(read_cut(limit, input, cut), whole, "cut at {cut}");
        }
        whole
    }

    fn read_cut(limit: u64, input: &[u8], cut: usize) -> (Option<Received>, Vec<u8>) {
        let mut reader = Reader::new(limit, unstuff);
        let mut content = Vec::new();
        let (first, second) = input.split_at(cut);
        let (used, mut end) = reader.feed(first);
        content.append(reader.content());
        let mut rest = [&first[used..], second].concat();
        if end.is_none() {
            let (used, later) = reader.feed(second);
            content.append(reader.content());
            (end, rest) = (later, second[used..].to_vec());
        }
        let received = end.map(|end| match end {
            End::Whole => Received::Message(content),
            other => Received::Not(other),
        });
        (received, rest)
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
            assert_eq!(got, Some(Received::Not(End::Bare)), "{inner:?}");
            assert_eq!(rest, b"NOOP\r\n", "{inner:?}");
        }
    }

    #[test]
    fn the_size_counts_the_message_and_not_its_wrapping() {
        let exact = b"..23456\r\n.\r\n";
        assert_eq!(read(8, exact).0, message(".23456\r\n"));
        assert_eq!(read(7, exact).0, Some(Received::Not(End::TooLarge)));
    }

    #[test]
    fn a_message_that_is_too_large_is_read_to_its_end_without_being_kept() {
        let mut reader = Reader::new(1000, unstuff);
        for _ in 0..1000 {
            assert_eq!(reader.feed(&[b'x'; 1000]), (1000, None));
        }
        assert!(reader.line.capacity() < 10_000 && reader.content().is_empty());
        assert_eq!(reader.feed(b"\r\n.\r\n"), (5, Some(End::TooLarge)));
    }

    #[test]
    fn line_ends_that_stand_alone() {
        let stands_alone = |content: &[u8]| {
            let mut ends = LineEnds::default();
            content.chunks(1).for_each(|octet| ends.feed(octet));
            ends.stood_alone()
        };
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
