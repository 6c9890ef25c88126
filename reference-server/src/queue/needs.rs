//! What a message needs of the next server: 8-bit content (RFC 6152), addresses and header fields
//! in UTF-8 (RFC 6531), bodies that are not lines (RFC 3030). Pure: octets in, needs out.

use super::outcome::Reason;
use crate::message::header_end;
use crate::store::Queued;

/// What the message needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Needs {
    /// Octets above 127.
    pub(super) eight_bit: bool,
    /// SMTPUTF8, for its addresses.
    addresses: bool,
    /// SMTPUTF8, for its header section: whoever handed it over said so.
    fields: bool,
    /// A CR or LF stands alone in it.
    pub(super) binary: bool,
    /// The octet before the next one.
    previous: u8,
    begun: bool,
}

impl Needs {
    /// Those of the envelope.
    pub(super) fn of(message: &Queued) -> Self {
        let sender = message.envelope.sender.as_deref().unwrap_or_default();
        let ascii =
            sender.is_ascii() && message.recipients.iter().all(|pending| pending.remote.address.is_ascii());
        Self { addresses: !ascii, ..Self::default() }
    }

    /// Takes the next octets of the content; in the first ones the header section is looked for.
    pub(super) fn feed(&mut self, octets: &[u8]) {
        self.eight_bit |= !octets.is_ascii();
        if !std::mem::replace(&mut self.begun, true) {
            let header = octets.get(..header_end(octets)).unwrap_or_default();
            self.fields = !header.is_ascii() && came_by_smtputf8(header);
        }
        for octet in octets {
            self.binary |= (self.previous == b'\r') != (*octet == b'\n');
            self.previous = *octet;
        }
    }

    /// No more octets come.
    pub(super) fn end(&mut self) {
        self.binary |= self.previous == b'\r';
    }

    /// Must the next server have SMTPUTF8?
    pub(super) fn smtputf8(&self) -> bool {
        self.addresses || self.fields
    }

    /// Why a server without SMTPUTF8 cannot have it (RFC 6531, sections 3.2 and 3.5).
    pub(super) fn without_smtputf8(&self) -> Reason {
        if self.addresses {
            Reason::ours("5.6.7", "the next server takes no addresses beyond ASCII")
        } else {
            Reason::ours("5.6.9", "the next server takes no header fields in UTF-8")
        }
    }
}

/// Does our own trace field, the first of all, say so (RFC 6531, section 4.3)?
fn came_by_smtputf8(header: &[u8]) -> bool {
    let mut lines = header.split_inclusive(|octet| *octet == b'\n');
    let first = lines.next().into_iter();
    let folded = lines.take_while(|line| line.starts_with(b" ") || line.starts_with(b"\t"));
    first.chain(folded).any(|line| line.windows(11).any(|words| words == b" with UTF8S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(content: &[u8]) -> Needs {
        let mut needs = Needs::default();
        needs.feed(content);
        needs.end();
        needs
    }

    #[test]
    fn what_came_by_smtputf8_with_fields_beyond_ascii_goes_by_smtputf8() {
        let trace = "Received: from a\r\n\tby b with UTF8SMTPSA id c;\r\n";
        assert!(of(format!("{trace}Subject: é\r\n\r\nx\r\n").as_bytes()).smtputf8());
        assert!(!of(format!("{trace}Subject: e\r\n\r\né\r\n").as_bytes()).smtputf8());
        let other = "Received: from a\r\n\tby b with ESMTP id c;\r\n";
        assert!(!of(format!("{other}Subject: é\r\nX: y with UTF8SMTP\r\n\r\nx\r\n").as_bytes()).smtputf8());
    }

    #[test]
    fn eight_bits_and_bare_line_ends_are_found_wherever_the_content_is_cut() {
        let plain = of(b"A: b\r\n\r\nx\r\n");
        assert!(!plain.eight_bit && !plain.binary);
        for binary in [&b"a\nb"[..], b"a\rb", b"a\r", b"\n"] {
            assert!(of(binary).binary, "{binary:?}");
        }
        let mut cut = Needs::default();
        for piece in [&b"a\r"[..], b"\nb\r\n", b"\xff"] {
            cut.feed(piece);
        }
        cut.end();
        assert!(cut.eight_bit && !cut.binary);
    }
}
