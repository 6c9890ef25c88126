//! A connection with what its protocol needs to tell replies apart.
//!
//! Reads whole replies through the dialect; whether a reply is the right one
//! is the steps' affair.

mod imap_speech;
mod pop3_speech;

use std::time::Instant;

use super::stage::Wait;
use crate::dialect::pop3::Shape;
use crate::dialect::{Framing, Limits, Violation, imap, pop3, smtp};
use crate::script::model::{Endpoint, Protocol, TlsWish};
use crate::wire::{ClientTls, Connection, End, Received, Take};

pub(crate) use imap_speech::{Flooded, ImapSpeech};
use pop3_speech::Pop3Speech;

/// A connection and what is spoken on it.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) connection: Connection,
    pub(crate) endpoint: Endpoint,
    pub(crate) speech: Speech,
    /// How the script wants TLS on it.
    pub(crate) tls: TlsWish,
    /// Whom TLS on it trusts.
    pub(crate) trust: Option<ClientTls>,
}

/// The state of a protocol's conversation.
#[derive(Debug, Clone)]
pub(crate) enum Speech {
    /// SMTP, submission, LMTP.
    Smtp(smtp::Framer),
    /// POP3.
    Pop3(Pop3Speech),
    /// IMAP.
    Imap(Box<ImapSpeech>),
}

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
        Self { connection, endpoint, speech, tls: TlsWish::default(), trust: None }
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
        let shape = shape.unwrap_or(speech.shape());
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
            speech.heard(reply);
        }
        heard
    }

    /// Waits for an IMAP response that has not come yet; those that came are in the speech.
    pub(crate) async fn hear_imap(&mut self, wait: Wait) -> Heard<imap::Response> {
        let Speech::Imap(speech) = &mut self.speech else { return Heard::Silence(Vec::new()) };
        let framer = &mut speech.framer;
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

    /// The IMAP conversation; `None` on another protocol's connection.
    pub(crate) const fn imap(&mut self) -> Option<&mut ImapSpeech> {
        match &mut self.speech {
            Speech::Imap(speech) => Some(speech),
            Speech::Smtp(_) | Speech::Pop3(_) => None,
        }
    }

    /// Takes note of octets that the script sends, so that their answers can be framed.
    pub(crate) fn sends(&mut self, octets: &[u8]) {
        for piece in octets.split_inclusive(|octet| *octet == b'\n') {
            match &mut self.speech {
                Speech::Smtp(framer) => {
                    if asks_for_utf8(piece) {
                        framer.set_charset(smtp::Charset::Utf8);
                    }
                }
                Speech::Pop3(speech) => speech.sends(piece),
                Speech::Imap(speech) => speech.sends(piece),
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
            Protocol::Pop3 => Self::Pop3(Pop3Speech::new()),
            Protocol::Imap => Self::Imap(Box::default()),
        }
    }
}

/// Whether an SMTP command allows UTF-8 in replies (RFC 6531, section 3.7.4). What is said to such a
/// command and what to a later one is not told apart: cases that judge the latter compare.
fn asks_for_utf8(line: &[u8]) -> bool {
    let line = String::from_utf8_lossy(line).to_ascii_uppercase();
    let mut words = line.split_ascii_whitespace();
    matches!(words.next(), Some("MAIL" | "VRFY" | "EXPN")) && words.any(|word| word == "SMTPUTF8")
}

async fn heard<T>(
    connection: &Connection,
    wait: Wait,
    take: impl FnMut(&[u8], Option<&End>) -> Take<Heard<T>>,
) -> Heard<T> {
    // A flood of replies never lets a wait end by itself.
    if Instant::now() >= wait.deadline {
        return Heard::Silence(Vec::new());
    }
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

impl Reply for imap::Response {
    fn raw(&self) -> &[u8] {
        &self.raw
    }

    fn violations(&self) -> &[Violation] {
        &self.violations
    }
}
