//! `TOP msg n` (RFC 1939, section 7): a message's header and its first lines.

use super::super::maildrop::Maildrop;
use super::super::registry::{Request, Spec, State};
use super::super::reply::{Payload, Reply};
use super::super::session::{body_of, trouble};
use super::super::syntax::{MessageNumber, decimal, message_number};
use super::utf8::{Reads, readable};
use crate::store::{READ, Store};

/// `TOP` with a message-number and a number of lines.
pub(in super::super) const SPEC: Spec = Spec {
    keyword: "TOP",
    states: &[State::Transaction],
    parse: |arguments| {
        let [number, lines] = arguments.words()?;
        Ok(Request::Top(message_number(number)?, decimal(lines)?))
    },
    capability: |_| Some("TOP".into()),
};

/// Sends the header, the blank line and so many lines of the body.
pub(in super::super) async fn run(
    store: &Store,
    maildrop: &mut Maildrop,
    number: MessageNumber,
    lines: u64,
    reads: Reads,
) -> Reply {
    let (body, first) = match body_of(store, maildrop, number).await {
        Ok((entry, first)) => (entry.body, first),
        Err(refusal) => return refusal,
    };
    if let Err(refusal) = readable(reads, &first) {
        return refusal;
    }
    let mut top = Top::new(lines);
    let mut octets = top.feed(&first);
    let mut offset = READ;
    while !top.is_complete() {
        match store.body_range(body, offset, READ).await {
            Ok(piece) if piece.is_empty() => break,
            Ok(piece) => octets = octets.saturating_add(top.feed(&piece)),
            Err(error) => return trouble(&error),
        }
        offset = offset.saturating_add(READ);
    }
    Reply::Multi("top of message follows".to_owned(), Payload::Message { body, first, octets })
}

/// Counts the octets of a header, the blank line and so many lines of the body, in a message that
/// comes piece by piece.
struct Top {
    place: Place,
    lines: u64,
    /// Is there anything in the line but its end, so far?
    blank: Blank,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Header,
    Body,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Blank {
    Yes,
    No,
}

impl Top {
    fn new(lines: u64) -> Self {
        Self { place: Place::Header, lines, blank: Blank::Yes }
    }

    fn is_complete(&self) -> bool {
        self.place == Place::Body && self.lines == 0
    }

    /// How many of these octets belong to the top.
    fn feed(&mut self, piece: &[u8]) -> u64 {
        let mut octets: usize = 0;
        for line in piece.split_inclusive(|&octet| octet == b'\n') {
            if self.is_complete() {
                break;
            }
            octets = octets.saturating_add(line.len());
            if line.iter().any(|octet| !matches!(octet, b'\r' | b'\n')) {
                self.blank = Blank::No;
            }
            if line.ends_with(b"\n") {
                match (self.place, self.blank) {
                    (Place::Header, Blank::Yes) => self.place = Place::Body,
                    (Place::Header, Blank::No) => {}
                    (Place::Body, _) => self.lines = self.lines.saturating_sub(1),
                }
                self.blank = Blank::Yes;
            }
        }
        u64::try_from(octets).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However the message is cut.
    fn top_length(message: &[u8], lines: u64) -> usize {
        let of = |size| {
            let mut top = Top::new(lines);
            let octets: u64 = message.chunks(size).map(|piece| top.feed(piece)).sum();
            usize::try_from(octets).unwrap()
        };
        let whole = of(message.len().max(1));
        (1..=message.len()).for_each(|size| assert_eq!(of(size), whole));
        whole
    }

    #[test]
    fn the_blank_line_comes_with_the_header() {
        let message = b"A: b\r\n\r\none\r\ntwo\r\nthree";
        let top = |lines| &message[..top_length(message, lines)];
        assert_eq!(top(0), b"A: b\r\n\r\n");
        assert_eq!(top(2), b"A: b\r\n\r\none\r\ntwo\r\n");
        assert_eq!(top(3), message);
        assert_eq!(top(u64::MAX), message);
    }

    #[test]
    fn a_message_without_a_body_has_only_its_header() {
        assert_eq!(top_length(b"A: b\r\n", 5), 6);
        assert_eq!(top_length(b"", 5), 0);
    }
}
