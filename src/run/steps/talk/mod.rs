//! `talk`: a conversation, exchange by exchange; one file a protocol.

pub(super) mod imap;
pub(super) mod pop3;
pub(super) mod sasl;
pub(super) mod smtp;

use crate::run::checks::{Fault, Mismatch};
use crate::run::halt::{Cause, Halt};
use crate::run::session::{Heard, Reply};
use crate::run::stage::{Departure, Stage, Wait, quote};
use crate::script::model::{Exchange, Expectation, Law, Protocol, Step, Talk};
use crate::source::Span;
use crate::wire::WriteError;

/// Holds a conversation.
pub(super) async fn talk(stage: &mut Stage, step: &Step, talk: &Talk) -> Result<(), Halt> {
    for exchange in &talk.exchanges {
        match stage.session(&step.on)?.protocol() {
            Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => {
                smtp::exchange(stage, step, exchange).await?;
            }
            Protocol::Pop3 => pop3::exchange(stage, step, exchange).await?,
            Protocol::Imap => imap::exchange(stage, step, exchange).await?,
        }
    }
    Ok(())
}

/// The `C:` lines of an exchange as octets, each ended by CRLF.
fn lines(stage: &Stage, exchange: &Exchange) -> Result<Vec<u8>, Halt> {
    let mut octets = Vec::new();
    for command in &exchange.commands {
        octets.extend(stage.octets(&command.text)?);
        octets.extend_from_slice(b"\r\n");
    }
    Ok(octets)
}

/// Sends octets. A server that takes no more has closed, and what it said before that is still
/// to be read: so that is no halt when an expectation follows to judge it.
pub(super) async fn send(
    stage: &mut Stage,
    step: &Step,
    name: &str,
    octets: &[u8],
    then: Then,
) -> Result<(), Halt> {
    if octets.is_empty() {
        return Ok(());
    }
    let wait = stage.wait(step.within);
    let session = stage.session(name)?;
    let peer = session.connection.side().peer();
    session.sends(octets);
    match (session.connection.write(octets, wait.deadline).await, then) {
        (Ok(()), _) | (Err(WriteError::Closed(_)), Then::Read) => Ok(()),
        (Err(error), _) => {
            let place = stage.place(step.span);
            let reason = format!("{place}: {}", error.told_of(peer));
            Err(Halt::Blocked { reason, cause: Cause::Silence })
        }
    }
}

/// What follows a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// A reply is read, which will show a connection that is gone.
    Read,
    /// Nothing is read.
    Nothing,
}

/// What is expected where, for reports and judgement.
#[derive(Debug, Clone, Copy)]
struct Wanted<'a> {
    text: &'a str,
    law: Option<&'a Law>,
    span: Span,
}

impl<'a> Wanted<'a> {
    fn of(expectation: &'a Expectation) -> Self {
        Self { text: &expectation.text, law: expectation.law.as_ref(), span: expectation.span }
    }
}

/// A whole reply with its violations written down, or what was heard instead written down.
fn whole<T: Reply>(
    stage: &Stage,
    wanted: Wanted<'_>,
    heard: Heard<T>,
    wait: Wait,
) -> Result<Option<T>, Halt> {
    let (half, how, label) = match heard {
        Heard::Reply(reply) => {
            stage.violations(reply.violations(), wanted.span);
            return Ok(Some(reply));
        }
        Heard::Ended(end, half) => {
            if let Some(half) = &half {
                stage.violations(half.violations(), wanted.span);
            }
            (half.map(|half| half.raw().to_vec()), end.to_string(), "the connection ended")
        }
        Heard::Silence(octets) => {
            if wait.cut {
                let line = stage.place(wanted.span);
                let reason = format!("{line}: the case's time was up before the reply came");
                return Err(Halt::Blocked { reason, cause: Cause::Silence });
            }
            let half = (!octets.is_empty()).then_some(octets);
            (half, format!("no whole reply within {:?}", wait.within), "no reply")
        }
    };
    let actual = match half {
        Some(half) if !half.is_empty() => format!("{how}, after {}", quote(&half)),
        _ => how,
    };
    let departure = Departure {
        expected: wanted.text.to_owned(),
        actual,
        label: label.to_owned(),
        cause: Cause::Silence,
    };
    stage.depart(wanted.law, wanted.span, departure).map(|()| None)
}

/// Writes down what does not match.
fn mismatched(stage: &Stage, wanted: Wanted<'_>, mismatch: Mismatch) -> Result<(), Halt> {
    match mismatch.fault {
        Fault::Script => {
            let line = stage.place(wanted.span);
            Err(Halt::Error(format!("{line}: {}", mismatch.actual)))
        }
        Fault::Reply => stage.depart(
            wanted.law,
            wanted.span,
            Departure::answer(mismatch.expected, mismatch.actual, mismatch.label),
        ),
    }
}
