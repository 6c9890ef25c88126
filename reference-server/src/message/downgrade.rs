//! A message made fit for a server that takes fewer kinds of octets than it has: each part that
//! needs it becomes quoted-printable (RFC 6152, section 3; RFC 3030, section 4; RFC 2045, section
//! 6.7). Line by line, in two passes over the message: the first finds out which parts need it, the
//! second writes. What cannot be changed without breaking it is said to be so.
//!
//! Not for header fields beyond ASCII, for which there is no other form.

use super::header::Header;
use super::media::{self, MediaType};
use super::span::Span;

/// Longest header block of a part.
const HEADER: usize = 256 * 1024;
/// A line that is longer is no boundary, and goes on in pieces.
const LINE: usize = 2000;
/// Longest line of text without its line end (RFC 5322, section 2.1.1).
const TEXT_LINE: usize = 998;
/// Most parts of one message.
const PARTS: usize = 10_000;
/// Most multiparts within each other.
const DEPTH: usize = 100;
/// Longest line of quoted-printable, with its `=` (RFC 2045, section 6.7).
const QUOTED_LINE: usize = 76;

/// What the next server takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// Lines of ASCII.
    SevenBit,
    /// Lines of any octets.
    EightBit,
}

/// Why a message cannot be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unfit(pub(crate) &'static str);

/// Which parts need another encoding, in the order in which they stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Plan(Vec<bool>);

#[derive(Debug)]
enum Pass {
    /// Which parts need it?
    Survey,
    /// Write.
    Rewrite,
}

/// An entity that holds others.
#[derive(Debug)]
struct Level {
    boundary: Vec<u8>,
    /// Does a signature cover what it holds (RFC 1847)?
    signed: bool,
}

#[derive(Debug)]
enum At {
    /// In a header block, which is kept until it is complete.
    Header(Vec<u8>),
    /// In the content of the part with this number.
    Leaf(usize),
    /// Between the parts of a multipart.
    Between,
}

/// One pass over a message.
#[derive(Debug)]
pub(crate) struct Downgrade {
    fit: Fit,
    pass: Pass,
    plan: Vec<bool>,
    levels: Vec<Level>,
    at: At,
    /// Parts so far.
    leaves: usize,
    /// Is this the header section of the message itself?
    top: bool,
    line: Vec<u8>,
    /// Is `line` the rest of a line of which the beginning is gone?
    within: bool,
    /// How long the line of quoted-printable is.
    column: usize,
}

impl Downgrade {
    /// The first pass.
    pub(crate) fn survey(fit: Fit) -> Self {
        Self::new(fit, Pass::Survey, Vec::new())
    }

    /// The second pass.
    pub(crate) fn rewrite(fit: Fit, plan: Plan) -> Self {
        Self::new(fit, Pass::Rewrite, plan.0)
    }

    fn new(fit: Fit, pass: Pass, plan: Vec<bool>) -> Self {
        Self {
            fit,
            pass,
            plan,
            levels: Vec::new(),
            at: At::Header(Vec::new()),
            leaves: 0,
            top: true,
            line: Vec::new(),
            within: false,
            column: 0,
        }
    }

    /// Takes octets; what is done with comes out.
    ///
    /// # Errors
    /// The message cannot be changed.
    pub(crate) fn push(&mut self, octets: &[u8], out: &mut Vec<u8>) -> Result<(), Unfit> {
        for octet in octets {
            self.line.push(*octet);
            // A CR at the cut may be the first half of a line end.
            let long = self.line.len() > LINE && (*octet != b'\r' || self.line.len() > 2 * LINE);
            if long || self.line.ends_with(b"\r\n") {
                self.take(out)?;
            }
        }
        Ok(())
    }

    /// The message has ended. The first pass gives what the second needs.
    ///
    /// # Errors
    /// The message cannot be changed.
    pub(crate) fn finish(mut self, out: &mut Vec<u8>) -> Result<Plan, Unfit> {
        if !self.line.is_empty() {
            self.take(out)?;
        }
        if let At::Header(block) = &mut self.at {
            let block = std::mem::take(block);
            self.check_header(&block)?;
            out.extend_from_slice(&block);
        }
        Ok(Plan(self.plan))
    }

    /// One line, or a piece of a long one.
    fn take(&mut self, out: &mut Vec<u8>) -> Result<(), Unfit> {
        let line = std::mem::take(&mut self.line);
        let ends = line.ends_with(b"\r\n");
        let line = line.as_slice();
        let begins = !std::mem::replace(&mut self.within, !ends);
        if begins && ends && self.boundary(line, out)? {
            return Ok(());
        }
        match &mut self.at {
            At::Header(block) => {
                block.extend_from_slice(line);
                if block.len() > HEADER {
                    return Err(Unfit("a header section is too long"));
                }
                if begins && line == b"\r\n" {
                    let block = std::mem::take(block);
                    self.header(&block, out)?;
                }
            }
            At::Leaf(number) => {
                let number = *number;
                self.leaf(number, line, ends, out)?;
            }
            At::Between => {
                if self.needs(line, ends) {
                    return Err(Unfit("the space between two parts has octets that cannot be encoded"));
                }
                out.extend_from_slice(line);
            }
        }
        Ok(())
    }

    /// Is this line the boundary of a multipart that is open (RFC 2046, section 5.1.1)?
    fn boundary(&mut self, line: &[u8], out: &mut Vec<u8>) -> Result<bool, Unfit> {
        let Some(rest) = line.strip_prefix(b"--") else { return Ok(false) };
        let found = self.levels.iter().enumerate().rev().find_map(|(index, level)| {
            let rest = rest.strip_prefix(&level.boundary[..])?;
            let (closes, rest) = rest.strip_prefix(b"--").map_or((false, rest), |rest| (true, rest));
            rest.trim_ascii().is_empty().then_some((index, closes))
        });
        let Some((index, closes)) = found else { return Ok(false) };
        if let At::Header(block) = &mut self.at {
            // A part without content.
            let block = std::mem::take(block);
            self.check_header(&block)?;
            out.extend_from_slice(&block);
        }
        self.column = 0;
        self.levels.truncate(if closes { index } else { index + 1 });
        self.at = if closes { At::Between } else { At::Header(Vec::new()) };
        out.extend_from_slice(line);
        Ok(true)
    }

    fn check_header(&self, block: &[u8]) -> Result<(), Unfit> {
        if self.fit == Fit::SevenBit && !block.is_ascii() {
            return Err(Unfit("a header field has octets beyond ASCII"));
        }
        Ok(())
    }

    /// A header block is complete, with its empty line: what follows?
    fn header(&mut self, block: &[u8], out: &mut Vec<u8>) -> Result<(), Unfit> {
        self.check_header(block)?;
        let top = std::mem::replace(&mut self.top, false);
        let header = Header::new(block, Span::new(0, block.len()));
        let media = header.first("Content-Type").and_then(|field| MediaType::parse(&field.value()));
        let encoding = header
            .first("Content-Transfer-Encoding")
            .and_then(|field| media::single_token(&field.value()))
            .unwrap_or_default()
            .to_ascii_lowercase();
        let composite = match &media {
            Some(media) if media.is_kind("multipart") => media.boundary().map(<[u8]>::to_vec),
            _ => None,
        };
        let message = media.as_ref().is_some_and(|media| media.is("message", "rfc822"));
        if let Some(boundary) = composite {
            if self.levels.len() >= DEPTH {
                return Err(Unfit("too many parts are within each other"));
            }
            let signed = media.is_some_and(|media| media.is("multipart", "signed"));
            self.relabel(block, &encoding, None, out);
            self.levels.push(Level { boundary, signed });
            self.at = At::Between;
        } else if message && matches!(encoding.as_str(), "" | "7bit" | "8bit" | "binary") {
            self.relabel(block, &encoding, None, out);
            self.at = At::Header(Vec::new());
        } else {
            let number = self.leaves;
            self.leaves += 1;
            if number >= PARTS {
                return Err(Unfit("the message has too many parts"));
            }
            match self.pass {
                Pass::Survey => {
                    // A content that is encoded and needs it all the same is broken: noted here, told
                    // when that is found.
                    self.plan.push(false);
                }
                Pass::Rewrite => {
                    let encode = self.plan.get(number).copied().unwrap_or_default();
                    let new = encode.then_some(if top && media.is_none() {
                        Label::Whole { versioned: header.first("MIME-Version").is_some() }
                    } else {
                        Label::Encoding
                    });
                    self.relabel(block, &encoding, new, out);
                }
            }
            if matches!(encoding.as_str(), "quoted-printable" | "base64") {
                self.at = At::Leaf(usize::MAX);
            } else {
                self.at = At::Leaf(number);
            }
            self.column = 0;
        }
        Ok(())
    }

    /// Writes the block with what it is encoded in now.
    fn relabel(&self, block: &[u8], encoding: &str, new: Option<Label>, out: &mut Vec<u8>) {
        let reduced = match (self.fit, encoding) {
            (Fit::SevenBit, "8bit" | "binary") => Some("7bit"),
            (Fit::EightBit, "binary") => Some("8bit"),
            _ => None,
        };
        let label = if new.is_some() { Some("quoted-printable") } else { reduced };
        let Some(label) = label.filter(|_| !self.levels.iter().any(|level| level.signed)) else {
            out.extend_from_slice(block);
            return;
        };
        let header = Header::new(block, Span::new(0, block.len()));
        for field in header.fields().filter(|field| !field.is("Content-Transfer-Encoding")) {
            out.extend_from_slice(field.span.of(block));
        }
        if let Some(Label::Whole { versioned }) = new {
            if !versioned {
                out.extend_from_slice(b"MIME-Version: 1.0\r\n");
            }
            // Nobody said which characters they are (RFC 1428, section 3).
            out.extend_from_slice(b"Content-Type: text/plain; charset=unknown-8bit\r\n");
        }
        out.extend_from_slice(format!("Content-Transfer-Encoding: {label}\r\n\r\n").as_bytes());
    }

    /// Does this piece of content need another encoding?
    fn needs(&self, line: &[u8], ends: bool) -> bool {
        let text = if ends { line.strip_suffix(b"\r\n").unwrap_or(line) } else { line };
        let eight_bit = self.fit == Fit::SevenBit && !line.is_ascii();
        eight_bit || text.len() > TEXT_LINE || text.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0))
    }

    fn leaf(&mut self, number: usize, line: &[u8], ends: bool, out: &mut Vec<u8>) -> Result<(), Unfit> {
        match self.pass {
            Pass::Survey => {
                if self.needs(line, ends) {
                    if self.levels.iter().any(|level| level.signed) {
                        return Err(Unfit("a signed part must not be changed"));
                    }
                    let known = self.plan.get_mut(number);
                    *known.ok_or(Unfit("a part is not encoded as it says"))? = true;
                }
            }
            Pass::Rewrite if self.plan.get(number) == Some(&true) => self.quote(line, ends, out),
            Pass::Rewrite => out.extend_from_slice(line),
        }
        Ok(())
    }

    /// Quoted-printable (RFC 2045, section 6.7).
    fn quote(&mut self, line: &[u8], ends: bool, out: &mut Vec<u8>) {
        let text = if ends { line.strip_suffix(b"\r\n").unwrap_or(line) } else { line };
        for (index, octet) in text.iter().enumerate() {
            let last = ends && index + 1 == text.len();
            let plain =
                matches!(octet, b'!'..=b'<' | b'>'..=b'~') || (matches!(octet, b' ' | b'\t') && !last);
            let width = if plain { 1 } else { 3 };
            if self.column + width >= QUOTED_LINE {
                out.extend_from_slice(b"=\r\n");
                self.column = 0;
            }
            if plain {
                out.push(*octet);
            } else {
                out.extend_from_slice(format!("={octet:02X}").as_bytes());
            }
            self.column += width;
        }
        if ends {
            out.extend_from_slice(b"\r\n");
            self.column = 0;
        }
    }
}

/// What a part that is encoded anew is to be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    /// Its other fields say all but the encoding.
    Encoding,
    /// A message that is no MIME yet, or does not say of what kind it is.
    Whole { versioned: bool },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(fit: Fit, message: &[u8]) -> Result<String, &'static str> {
        let mut results = Vec::new();
        for size in [1, 7, 4096] {
            let mut out = Vec::new();
            let result = (|| {
                let mut survey = Downgrade::survey(fit);
                message.chunks(size).try_for_each(|piece| survey.push(piece, &mut Vec::new()))?;
                let plan = survey.finish(&mut Vec::new())?;
                let mut rewrite = Downgrade::rewrite(fit, plan);
                message.chunks(size).try_for_each(|piece| rewrite.push(piece, &mut out))?;
                rewrite.finish(&mut out)
            })();
            results.push(result.map(|_| String::from_utf8(out).unwrap()).map_err(|Unfit(why)| why));
        }
        assert!(results.windows(2).all(|two| two[0] == two[1]), "{results:?}");
        results.remove(0)
    }

    fn seven(message: &str) -> Result<String, &'static str> {
        convert(Fit::SevenBit, message.as_bytes())
    }

    #[test]
    fn a_plain_message_becomes_quoted_printable() {
        let message = "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
                       Content-Transfer-Encoding: 8bit\r\n\r\nh\u{e9} = you \r\n.\r\n";
        assert_eq!(
            seven(message).unwrap(),
            "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: quoted-printable\r\n\r\nh=C3=A9 =3D you=20\r\n.\r\n"
        );
        let bare = seven("Subject: x\r\n\r\n\u{e9}\r\n").unwrap();
        assert!(bare.starts_with(
            "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=unknown-8bit\r\n"
        ));
        assert!(bare.ends_with("\r\n\r\n=C3=A9\r\n"));
    }

    #[test]
    fn only_the_parts_that_need_it_are_changed() {
        let message = "Content-Type: multipart/mixed; boundary=\"b b\"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
            before\r\n--b b\r\n\r\nascii = \r\n--b b\r\nContent-Type: text/html\r\n\r\n\u{e9}\r\n\
            --b b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
            Subject: inner\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\u{fc}\r\n--b b--\r\nafter\r\n";
        let wanted = "Content-Type: multipart/mixed; boundary=\"b b\"\r\nContent-Transfer-Encoding: 7bit\r\n\r\n\
            before\r\n--b b\r\n\r\nascii = \r\n--b b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=C3=A9\r\n\
            --b b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit\r\n\r\n\
            Subject: inner\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=C3=BC\r\n--b b--\r\nafter\r\n";
        assert_eq!(seven(message).unwrap(), wanted);
    }

    #[test]
    fn what_would_break_is_left_alone() {
        let signed = "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\
                      Content-Transfer-Encoding: 8bit\r\n\r\n\u{e9}\r\n--b\r\n\r\nsig\r\n--b--\r\n";
        assert_eq!(seven(signed), Err("a signed part must not be changed"));
        let clean = signed.replace('\u{e9}', "e");
        assert_eq!(seven(&clean).unwrap(), clean, "not a letter of it, labels included");
        assert_eq!(seven("Subject: \u{e9}\r\n\r\nx\r\n"), Err("a header field has octets beyond ASCII"));
        let broken = "Content-Transfer-Encoding: base64\r\n\r\n\u{e9}\r\n";
        assert_eq!(seven(broken), Err("a part is not encoded as it says"));
    }

    #[test]
    fn binary_content_becomes_lines_and_eight_bits_may_stay() {
        let message = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n\r\n\xe9\n\0\r.\r\n";
        let text = convert(Fit::EightBit, message).unwrap();
        assert!(text.ends_with("quoted-printable\r\n\r\n=E9=0A=00=0D.\r\n"), "{text}");
        let long = format!("Subject: x\r\n\r\n{}\r\n", "x".repeat(5000));
        let text = convert(Fit::EightBit, long.as_bytes()).unwrap();
        assert!(text.lines().all(|line| line.len() <= 76), "{text}");
        assert_eq!(text.matches('x').count(), 5002);
        assert_eq!(seven("A: b\r\n\r\nascii\r\n").unwrap(), "A: b\r\n\r\nascii\r\n");
    }
}
