//! What POP3 needs to frame its replies: which commands were asked.

use std::collections::VecDeque;

use crate::dialect::Limits;
use crate::dialect::pop3::{Framer, Reply, Shape, Status};

/// POP3: what is asked decides how the answer is framed.
#[derive(Debug, Clone)]
pub(crate) struct Pop3Speech {
    pub(super) framer: Framer,
    /// The answers that are still to come, in order.
    asked: VecDeque<Shape>,
    /// Whether the server has the client's next line for an answer of a SASL exchange.
    challenged: bool,
    /// A line that the script has not ended yet.
    begun: Vec<u8>,
}

/// Octets of an unfinished line that can matter: the longest command is far shorter.
const MAX_BEGUN: usize = 1024;

impl Pop3Speech {
    pub(super) const fn new() -> Self {
        Self {
            framer: Framer::new(Limits::POP3),
            asked: VecDeque::new(),
            challenged: false,
            begun: Vec::new(),
        }
    }

    /// How the next reply is framed.
    pub(super) fn shape(&self) -> Shape {
        self.asked.front().copied().unwrap_or(Shape::SingleLine)
    }

    /// Takes note of a reply that came.
    pub(super) fn heard(&mut self, reply: &Reply) {
        self.challenged = reply.status == Some(Status::Continuation);
        if !self.challenged {
            self.asked.pop_front();
        }
    }

    /// Takes note of what is sent, a line or a piece of one.
    pub(super) fn sends(&mut self, piece: &[u8]) {
        let room = MAX_BEGUN.saturating_sub(self.begun.len()).min(piece.len());
        self.begun.extend_from_slice(piece.get(..room).unwrap_or_default());
        if !piece.ends_with(b"\n") {
            return;
        }
        let line = std::mem::take(&mut self.begun);
        // An answer to a challenge is no command.
        if !std::mem::take(&mut self.challenged) {
            self.asked.push_back(shape_of(&line));
        }
    }
}

/// Which commands have a payload (RFC 1939, sections 5 and 7; RFC 2449, section 5; RFC 6856, section 3).
fn shape_of(line: &[u8]) -> Shape {
    let text = String::from_utf8_lossy(line).to_ascii_uppercase();
    let mut words = text.split_whitespace();
    match (words.next(), words.next()) {
        (Some("RETR" | "TOP" | "CAPA"), _) | (Some("LIST" | "UIDL" | "LANG"), None) => Shape::MultiLine,
        _ => Shape::SingleLine,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_commands_of_the_rfcs_have_a_payload() {
        for line in ["RETR 1\r\n", "top 1 0\r\n", "LIST\r\n", "uidl\r\n", "CAPA\r\n", "LANG\r\n"] {
            assert_eq!(shape_of(line.as_bytes()), Shape::MultiLine, "{line}");
        }
        for line in ["LIST 1\r\n", "LANG en\r\n", "UIDL 2\r\n", "STAT\r\n", "DELE 1\r\n", "\r\n", "XYZZY\r\n"]
        {
            assert_eq!(shape_of(line.as_bytes()), Shape::SingleLine, "{line}");
        }
    }
}
