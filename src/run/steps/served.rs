//! A connection that was accepted: the target is the client, and what it says is judged.

use super::talk::{Then, send};
use crate::dialect::Violation;
use crate::hop::{Heard, LineEnd, hear_content, hear_line, hear_octets};
use crate::requirement::RequirementId;
use crate::run::checks::Fault;
use crate::run::checks::text::{Case, match_text};
use crate::run::halt::{Cause, Halt};
use crate::run::mailbox;
use crate::run::stage::{Departure, Stage, Wait, quote};
use crate::script::model::{HeardLine, Law, Occurrence, Receive, ServedTalk, StartTls, Step, Turn};
use crate::source::Span;
use crate::wire::ServerTls;

/// Holds a conversation in which we are the server.
pub(super) async fn talk(stage: &mut Stage, step: &Step, talk: &ServedTalk) -> Result<(), Halt> {
    for turn in &talk.turns {
        let came = match turn.occurrence {
            Occurrence::Required => {
                for line in &turn.heard {
                    expect(stage, step, line).await?;
                }
                true
            }
            Occurrence::Optional => optional(stage, step, turn).await?,
        };
        if came {
            answer(stage, step, turn).await?;
        }
    }
    Ok(())
}

/// The `S:` lines of a turn, in one write.
async fn answer(stage: &mut Stage, step: &Step, turn: &Turn) -> Result<(), Halt> {
    let mut octets = Vec::new();
    for line in &turn.said {
        octets.extend(stage.octets(line)?);
        octets.extend_from_slice(b"\r\n");
    }
    // A client that has gone shows when it is next waited for.
    send(stage, step, &step.on, &octets, Then::Read).await
}

/// The client must say this line.
async fn expect(stage: &mut Stage, step: &Step, line: &HeardLine) -> Result<(), Halt> {
    stage.evidence.arrive(line.span);
    let wait = stage.wait(step.within);
    let heard = hear_line(&stage.session(&step.on)?.connection, wait.deadline).await;
    let (text, ending) = match heard {
        Heard::Whole(line) => line,
        other => return missing(stage, line.law.as_ref(), line.span, &line.text, other, wait),
    };
    judge_ending(stage, line.span, &text, ending);
    stage.bindings.set("command", text.clone());
    let Err(mismatch) = match_text(&line.pattern, &text, Case::Insensitive, &mut stage.bindings) else {
        return Ok(());
    };
    match mismatch.fault {
        Fault::Script => Err(Halt::Error(format!("{}: {}", stage.place(line.span), mismatch.actual))),
        Fault::Reply => {
            let label = format!("the client says {}", quote(text.get(..60).unwrap_or(&text)));
            let departure = Departure::answer(mismatch.expected, mismatch.actual, label);
            stage.depart(line.law.as_ref(), line.span, departure)
        }
    }
}

/// What the client may say: another line, or an end, is left for what stands behind.
async fn optional(stage: &mut Stage, step: &Step, turn: &Turn) -> Result<bool, Halt> {
    let Some(line) = turn.heard.first() else { return Ok(true) };
    stage.evidence.arrive(line.span);
    let wait = stage.wait(step.within);
    let session = stage.session(&step.on)?;
    let mark = session.connection.mark();
    let heard = hear_line(&session.connection, wait.deadline).await;
    if let Heard::Whole((text, _)) = &heard
        && match_text(&line.pattern, text, Case::Insensitive, &mut stage.bindings).is_ok()
    {
        stage.bindings.set("command", text.clone());
        return Ok(true);
    }
    let _ = stage.session(&step.on)?.connection.rewind(&mark);
    Ok(false)
}

/// `receive`: a message up to its final dot, or so many octets.
pub(super) async fn receive(stage: &mut Stage, step: &Step, receive: &Receive) -> Result<(), Halt> {
    let law = receive.law.as_ref();
    let count = match &receive.octets {
        Some(template) => {
            let text = String::from_utf8_lossy(&stage.octets(template)?).into_owned();
            let count = text.trim().parse::<usize>();
            Some(count.map_err(|_| Halt::Error(format!("`{text}` is no number of octets")))?)
        }
        None => None,
    };
    let wait = stage.wait(step.within);
    let connection = &stage.session(&step.on)?.connection;
    let (message, raw) = match count {
        None => match hear_content(connection, wait.deadline).await {
            Heard::Whole(content) => (content.message, content.raw),
            other => return missing(stage, law, step.span, "a message up to its final dot", other, wait),
        },
        Some(count) => match hear_octets(connection, count, wait.deadline).await {
            Heard::Whole(octets) => (octets.clone(), octets),
            other => {
                return missing(stage, law, step.span, &format!("{count} octets"), other, wait);
            }
        },
    };
    let name = &receive.bind;
    stage.bindings.set(format!("{name}.body"), mailbox::body(&message));
    stage.bindings.set(format!("{name}.raw"), raw);
    stage.bindings.set(name.clone(), message);
    Ok(())
}

/// `starttls` as the server: the command where the script has not taken it, and the handshake.
pub(super) async fn start_tls(stage: &mut Stage, step: &Step, how: StartTls) -> Result<(), Halt> {
    let wait = stage.wait(step.within);
    if how == StartTls::Command {
        let heard = hear_line(&stage.session(&step.on)?.connection, wait.deadline).await;
        let text = match heard {
            Heard::Whole((text, _)) => text,
            other => return missing(stage, None, step.span, "STARTTLS", other, wait),
        };
        if !text.eq_ignore_ascii_case(b"STARTTLS") {
            let departure = Departure::answer("STARTTLS", quote(&text), "another command");
            return stage.depart(None, step.span, departure);
        }
        send(stage, step, &step.on, b"220 go ahead\r\n", Then::Read).await?;
    }
    let tls = ServerTls::own().map_err(Halt::Error)?;
    let accepted = stage.session(&step.on)?.connection.accept_tls(&tls, wait.deadline).await;
    accepted.map_err(|error| Halt::Blocked {
        reason: format!("{}: {error}", stage.place(step.span)),
        cause: Cause::Silence,
    })
}

/// Each line ends with CRLF, whoever judges what it says (RFC 5321, section 2.3.8).
fn judge_ending(stage: &Stage, span: Span, text: &[u8], ending: LineEnd) {
    if ending == LineEnd::CrLf {
        return;
    }
    let violation = Violation {
        requirement: RequirementId::new("rfc5321-2.3.8-1"),
        expected: "a line that ends with CRLF".to_owned(),
        actual: quote(text.get(..200).unwrap_or(text)),
    };
    stage.violations(&[violation], span);
}

/// Writes down that what was waited for did not come whole.
fn missing<T>(
    stage: &Stage,
    law: Option<&Law>,
    span: Span,
    expected: &str,
    heard: Heard<T>,
    wait: Wait,
) -> Result<(), Halt> {
    let (how, rest, label) = match heard {
        Heard::Whole(_) => return Ok(()),
        Heard::Ended(end, rest) => (end.told_of("the client"), rest, "the connection ended"),
        Heard::Silence(_) if wait.cut => {
            let place = stage.place(span);
            let reason = format!("{place}: the case's time was up before the client spoke");
            return Err(Halt::Blocked { reason, cause: Cause::Silence });
        }
        Heard::Silence(rest) => {
            (format!("nothing whole within {:?}", wait.within), rest, "the client is silent")
        }
    };
    let actual = if rest.is_empty() { how } else { format!("{how}, after {}", quote(&rest)) };
    let (expected, label) = (expected.to_owned(), label.to_owned());
    stage.depart(law, span, Departure { expected, actual, label, cause: Cause::Silence })
}
