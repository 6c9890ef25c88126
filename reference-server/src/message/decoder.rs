//! A part's transfer encoding undone piece by piece, for parts that are too large to be held as a
//! whole. What comes out is what [`super::transfer::decoded`] gives.

use super::structure::Entity;
use super::transfer::{Encoding, is_binary, quoted_printable};

/// How much of a line of quoted-printable waits for its end.
const LINE: usize = 16 * 1024;

/// Undoes the transfer encoding of one part.
#[derive(Debug, Clone)]
pub struct Decoder {
    encoding: Encoding,
    ends: LineEnds,
    /// Quoted-printable: a line whose end has not come.
    line: Vec<u8>,
    base64: Base64,
    /// The last octet that was given.
    previous: u8,
}

/// What becomes of line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineEnds {
    /// Each becomes CRLF.
    Text,
    /// They are octets like any others.
    Kept,
}

impl Decoder {
    /// A decoder for the body of this part; nothing where its encoding is not known.
    pub fn of(entity: &Entity<'_>) -> Option<Self> {
        let encoding = Encoding::named(entity.encoding.as_deref())?;
        let octets_only = encoding == Encoding::Base64 || is_binary(entity);
        let ends = if octets_only || !entity.media.is_kind("text") { LineEnds::Kept } else { LineEnds::Text };
        Some(Self { encoding, ends, line: Vec::new(), base64: Base64::default(), previous: 0 })
    }

    /// Takes octets, and appends what they say as far as that is certain.
    pub fn feed(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        match self.encoding {
            Encoding::Identity => self.give(octets, out),
            Encoding::Base64 => self.base64.feed(octets, out),
            Encoding::QuotedPrintable => {
                self.line.extend_from_slice(octets);
                let whole = self.line.iter().rposition(|&octet| octet == b'\n').map_or(0, |at| at + 1);
                let whole = if whole == 0 && self.line.len() > LINE { self.line.len() } else { whole };
                let rest = self.line.split_off(whole);
                let lines = std::mem::replace(&mut self.line, rest);
                self.give(&quoted_printable(&lines), out);
            }
        }
    }

    /// The part is complete.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        let line = std::mem::take(&mut self.line);
        self.give(&quoted_printable(&line), out);
    }

    fn give(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        if self.ends == LineEnds::Kept {
            out.extend_from_slice(octets);
            return;
        }
        for line in octets.split_inclusive(|&octet| octet == b'\n') {
            let text = line.strip_suffix(b"\n").unwrap_or(line);
            out.extend_from_slice(text);
            if text.len() < line.len() {
                if text.last().copied().unwrap_or(self.previous) != b'\r' {
                    out.push(b'\r');
                }
                out.push(b'\n');
            }
            self.previous = line.last().copied().unwrap_or(self.previous);
        }
    }
}

/// Characters outside of the alphabet are passed over, and `=` is the end of the data (RFC 2045,
/// section 6.8). What is left of a group that is cut short gives no octet.
#[derive(Debug, Default, Clone)]
pub(super) struct Base64 {
    bits: u32,
    held: u32,
    end: End,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum End {
    #[default]
    Ahead,
    Passed,
}

impl Base64 {
    pub(super) fn feed(&mut self, text: &[u8], out: &mut Vec<u8>) {
        for &character in text {
            if self.end == End::Passed {
                return;
            }
            let value = match character {
                b'A'..=b'Z' => character - b'A',
                b'a'..=b'z' => character - b'a' + 26,
                b'0'..=b'9' => character - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                b'=' => {
                    self.end = End::Passed;
                    continue;
                }
                _ => continue,
            };
            self.bits = (self.bits << 6) | u32::from(value);
            self.held += 6;
            if self.held >= 8 {
                self.held -= 8;
                out.extend(u8::try_from((self.bits >> self.held) & 0xff));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::structure::Structure;
    use super::super::transfer::decoded;
    use super::*;

    proptest! {
        #[test]
        fn pieces_say_what_the_whole_says(
            encoding in prop_oneof![Just("base64"), Just("quoted-printable"), Just("8bit"), Just("binary")],
            kind in prop_oneof![Just("text/plain"), Just("image/png")],
            body in "[A-D=\r\n\t 4]{0,60}",
            size in 1_usize..9,
        ) {
            let message =
                format!("Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}");
            let structure = Structure::parse(message.as_bytes());
            let mut decoder = Decoder::of(&structure.root).unwrap();
            let mut out = Vec::new();
            body.as_bytes().chunks(size).for_each(|piece| decoder.feed(piece, &mut out));
            decoder.finish(&mut out);
            let whole = decoded(message.as_bytes(), &structure.root).unwrap();
            prop_assert_eq!(out, whole.into_owned());
        }
    }
}
