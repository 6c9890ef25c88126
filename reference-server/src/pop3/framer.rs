//! How octets of a multi-line reply stand on the wire: byte-stuffed (RFC 1939,
//! section 3). Pure; whoever writes hands the output on in pieces.

use crate::store::LastLine;

/// Byte-stuffs a reply's payload that comes piece by piece.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stuffer {
    /// What is put before a line that begins with that octet.
    stuff: fn(u8) -> Option<u8>,
    place: Place,
}

/// Where in a line the next octet stands. Lines end in CRLF; a CR or LF on its
/// own is content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    LineStart,
    Within,
    AfterCr,
}

impl Stuffer {
    /// At the beginning of a payload.
    pub(super) fn new(stuff: fn(u8) -> Option<u8>) -> Self {
        Self { stuff, place: Place::LineStart }
    }

    /// Appends the piece to `wire`, with another dot before each line that begins with one.
    pub(super) fn push(&mut self, piece: &[u8], wire: &mut Vec<u8>) {
        let mut rest = piece;
        while let Some(&first) = rest.first() {
            if self.place == Place::LineStart {
                wire.extend((self.stuff)(first));
            }
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at.saturating_add(1));
            let (line, behind) = rest.split_at(end);
            wire.extend_from_slice(line);
            self.place = match line {
                [.., b'\r', b'\n'] => Place::LineStart,
                [b'\n'] if self.place == Place::AfterCr => Place::LineStart,
                [.., b'\r'] => Place::AfterCr,
                _ => Place::Within,
            };
            rest = behind;
        }
    }

    /// Appends what ends the payload: the CRLF that its last line lacks, and
    /// the line with the dot.
    pub(super) fn finish(self, wire: &mut Vec<u8>) {
        if self.place != Place::LineStart {
            wire.extend_from_slice(b"\r\n");
        }
        wire.extend_from_slice(b".\r\n");
    }
}

/// How many octets a message of that length has for POP3: the CRLF that
/// [`Stuffer::finish`] adds counts.
pub(super) fn framed_octets(octets: u64, last_line: LastLine) -> u64 {
    match last_line {
        LastLine::Complete => octets,
        LastLine::Cut => octets.saturating_add(2),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::deviation::Seams;

    fn reference() -> Stuffer {
        Stuffer::new(Seams::default().framer.stuff)
    }

    fn framed(content: &[u8]) -> Vec<u8> {
        let mut wire = Vec::new();
        let mut stuffer = reference();
        stuffer.push(content, &mut wire);
        stuffer.finish(&mut wire);
        wire
    }

    /// What a client makes of it (RFC 1939, section 3).
    fn unframed(wire: &[u8]) -> Vec<u8> {
        let mut rest = wire;
        let mut content = Vec::new();
        loop {
            let end = rest.windows(2).position(|pair| pair == b"\r\n").unwrap() + 2;
            let (line, after) = rest.split_at(end);
            if line == b".\r\n" {
                assert!(after.is_empty(), "octets after the end");
                return content;
            }
            content.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
            rest = after;
        }
    }

    #[test]
    fn lines_that_begin_with_a_dot_get_another_one() {
        assert_eq!(framed(b".\r\n..a\r\nb.\r\n"), b"..\r\n...a\r\nb.\r\n.\r\n");
        assert_eq!(framed(b""), b".\r\n");
    }

    #[test]
    fn only_crlf_begins_a_line() {
        assert_eq!(framed(b"a\n.b\r.c\r\n"), b"a\n.b\r.c\r\n.\r\n");
    }

    #[test]
    fn a_last_line_without_crlf_gets_one_which_counts() {
        assert_eq!(framed(b"a"), b"a\r\n.\r\n");
        assert_eq!(framed(b"a\r"), b"a\r\r\n.\r\n");
        assert_eq!(framed_octets(1, LastLine::of(b"a")), 3);
        assert_eq!(framed_octets(3, LastLine::of(b"a\r\n")), 3);
        assert_eq!(framed_octets(0, LastLine::of(b"")), 0);
    }

    proptest! {
        #[test]
        fn a_client_gets_the_message_back(content in "[a.\r\n]{0,40}") {
            let content = content.into_bytes();
            let got = unframed(&framed(&content));
            prop_assert!(got.starts_with(&content));
            let octets = u64::try_from(content.len()).unwrap();
            prop_assert_eq!(framed_octets(octets, LastLine::of(&content)), u64::try_from(got.len()).unwrap());
        }

        #[test]
        fn pieces_make_no_difference(content in "[a.\r\n]{0,40}", cut in 0_usize..40) {
            let content = content.as_bytes();
            let (one, two) = content.split_at(cut.min(content.len()));
            let mut wire = Vec::new();
            let mut stuffer = reference();
            stuffer.push(one, &mut wire);
            stuffer.push(two, &mut wire);
            stuffer.finish(&mut wire);
            prop_assert_eq!(wire, framed(content));
        }
    }
}
