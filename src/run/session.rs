//! A connection with what its protocol needs to tell replies apart.
//!
//! Reads whole replies through the dialect; whether a reply is the right one
//! is the steps' affair.

use std::collections::VecDeque;

use super::stage::Wait;
use crate::dialect::pop3::Shape;
use crate::dialect::{Framing, Limits, Violation, pop3, smtp};
use crate::script::model::{Endpoint, Protocol};
use crate::wire::{Connection, End, Received, Take};

/// A connection and what is spoken on it.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) connection: Connection,
    pub(crate) endpoint: Endpoint,
    pub(crate) speech: Speech,
}

/// The state of a protocol's conversation.
#[derive(Debug)]
pub(crate) enum Speech {
    /// SMTP, submission, LMTP.
    Smtp(smtp::Framer),
    /// POP3.
    Pop3(Pop3Speech),
}

/// POP3: what is asked decides how the answer is framed.
#[derive(Debug)]
pub(crate) struct Pop3Speech {
    framer: pop3::Framer,
    /// The answers that are still to come, in order.
    asked: VecDeque<Shape>,
    /// Whether the server has the client's next line for an answer of a SASL exchange.
    challenged: bool,
    /// A line that the script has not ended yet.
    begun: Vec<u8>,
}

/// Octets of an unfinished line that can matter: the longest command is far shorter.
const MAX_BEGUN: usize = 1024;

/// How a wait for a reply ended.
#[derive(Debug)]
pub(crate) enum Heard<T> {
    /// A whole reply.
    Reply(T),
    /// The connection ended; what had come of a reply until then.
    Ended(End, Option<T>),
    /// The time is up; the octets that had come until then.
    Silence(Vec<u8>),
}

impl Session {
    pub(crate) fn new(connection: Connection, endpoint: Endpoint) -> Self {
        let speech = Speech::new(endpoint.protocol());
        Self { connection, endpoint, speech }
    }

    pub(crate) const fn protocol(&self) -> Protocol {
        self.endpoint.protocol()
    }

    /// Waits for an SMTP or LMTP reply.
    pub(crate) async fn hear_smtp(&mut self, wait: Wait) -> Heard<smtp::Reply> {
        let Speech::Smtp(framer) = &mut self.speech else { return Heard::Silence(Vec::new()) };
        let take = |octets: &[u8], end: Option<&End>| match (framer.frame(octets), end) {
            (Framing::Complete { consumed, item }, _) => Take::Done { consumed, item: Heard::Reply(item) },
            (Framing::Incomplete, Some(end)) => {
                let half = framer.finish(octets);
                Take::Done { consumed: octets.len(), item: Heard::Ended(end.clone(), half) }
            }
            (Framing::Incomplete, None) => Take::More,
        };
        heard(&self.connection, wait, take).await
    }

    /// Waits for a POP3 reply; `shape` when the script knows it better than the command.
    pub(crate) async fn hear_pop3(&mut self, wait: Wait, shape: Option<Shape>) -> Heard<pop3::Reply> {
        let Speech::Pop3(speech) = &mut self.speech else { return Heard::Silence(Vec::new()) };
        let asked = speech.asked.front().copied();
        let shape = shape.or(asked).unwrap_or(Shape::SingleLine);
        let framer = &mut speech.framer;
        let take = |octets: &[u8], end: Option<&End>| match (framer.frame(octets, shape), end) {
            (Framing::Complete { consumed, item }, _) => Take::Done { consumed, item: Heard::Reply(item) },
            (Framing::Incomplete, Some(end)) => {
                let half = framer.finish(octets, shape);
                Take::Done { consumed: octets.len(), item: Heard::Ended(end.clone(), half) }
            }
            (Framing::Incomplete, None) => Take::More,
        };
        let heard = heard(&self.connection, wait, take).await;
        if let Heard::Reply(reply) = &heard {
            speech.challenged = reply.status == Some(pop3::Status::Continuation);
            if !speech.challenged {
                speech.asked.pop_front();
            }
        }
        heard
    }

    /// Takes note of octets that the script sends, so that their answers can be framed.
    pub(crate) fn sends(&mut self, octets: &[u8]) {
        if let Speech::Pop3(speech) = &mut self.speech {
            for line in octets.split_inclusive(|octet| *octet == b'\n') {
                speech.sends(line);
            }
        }
    }

    /// Forgets the conversation so far: TLS begins a new one.
    pub(crate) fn begin_anew(&mut self) {
        self.speech = Speech::new(self.protocol());
    }
}

impl Speech {
    fn new(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => {
                Self::Smtp(smtp::Framer::new(Limits::SMTP))
            }
            Protocol::Pop3 | Protocol::Imap => Self::Pop3(Pop3Speech {
                framer: pop3::Framer::new(Limits::POP3),
                asked: VecDeque::new(),
                challenged: false,
                begun: Vec::new(),
            }),
        }
    }
}

impl Pop3Speech {
    fn sends(&mut self, piece: &[u8]) {
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

/// Which commands have a payload (RFC 1939, sections 5 and 7; RFC 2449, section 5).
fn shape_of(line: &[u8]) -> Shape {
    let text = String::from_utf8_lossy(line).to_ascii_uppercase();
    let mut words = text.split_whitespace();
    match (words.next(), words.next()) {
        (Some("RETR" | "TOP" | "CAPA"), _) | (Some("LIST" | "UIDL"), None) => Shape::MultiLine,
        _ => Shape::SingleLine,
    }
}

async fn heard<T>(
    connection: &Connection,
    wait: Wait,
    take: impl FnMut(&[u8], Option<&End>) -> Take<Heard<T>>,
) -> Heard<T> {
    match connection.receive(wait.deadline, take).await {
        Received::Item(heard) => heard,
        Received::TimedOut => {
            // The head is enough for a report.
            let head = |octets: &[u8]| octets.get(..octets.len().min(4096)).unwrap_or_default().to_vec();
            Heard::Silence(connection.look(|octets, _| head(octets)))
        }
    }
}

/// What every dialect's reply has.
pub(crate) trait Reply {
    /// Its octets as they came.
    fn raw(&self) -> &[u8];
    /// What is wrong with it.
    fn violations(&self) -> &[Violation];
}

impl Reply for smtp::Reply {
    fn raw(&self) -> &[u8] {
        &self.raw
    }

    fn violations(&self) -> &[Violation] {
        &self.violations
    }
}

impl Reply for pop3::Reply {
    fn raw(&self) -> &[u8] {
        &self.raw
    }

    fn violations(&self) -> &[Violation] {
        &self.violations
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_commands_of_the_rfcs_have_a_payload() {
        for line in ["RETR 1\r\n", "top 1 0\r\n", "LIST\r\n", "uidl\r\n", "CAPA\r\n"] {
            assert_eq!(shape_of(line.as_bytes()), Shape::MultiLine, "{line}");
        }
        for line in ["LIST 1\r\n", "UIDL 2\r\n", "STAT\r\n", "DELE 1\r\n", "\r\n", "XYZZY\r\n"] {
            assert_eq!(shape_of(line.as_bytes()), Shape::SingleLine, "{line}");
        }
    }
}
