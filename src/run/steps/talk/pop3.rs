//! Conversations in POP3.

use super::{Then, Wanted, lines, mismatched, send, whole};
use crate::dialect::pop3::{Reply, Shape, Status};
use crate::run::checks;
use crate::run::halt::Halt;
use crate::run::stage::{Departure, Stage, quote};
use crate::script::model::{Exchange, Pattern, Step};
use crate::script::pattern::Pop3Payload;

/// Sends the lines at once and judges the replies in order.
pub(super) async fn exchange(stage: &mut Stage, step: &Step, exchange: &Exchange) -> Result<(), Halt> {
    let octets = lines(stage, exchange)?;
    let then = if exchange.expectations.is_empty() { Then::Nothing } else { Then::Read };
    send(stage, step, &step.on, &octets, then).await?;
    for expectation in &exchange.expectations {
        let Pattern::Pop3(pattern) = &expectation.pattern else {
            return Err(Halt::Error("a pattern of another protocol".to_owned()));
        };
        stage.evidence.arrive(expectation.span);
        let wanted = Wanted::of(expectation);
        let shape = match pattern.payload {
            Pop3Payload::Unjudged => None,
            Pop3Payload::Bound(_) | Pop3Payload::Lines(_) => Some(Shape::MultiLine),
        };
        let Some(reply) = hear(stage, step, &step.on, wanted, shape).await? else { continue };
        let text = reply.raw.strip_suffix(b"\r\n").unwrap_or(&reply.raw).to_vec();
        stage.bindings.set("reply", text);
        if let Err(mismatch) = checks::pop3::match_reply(pattern, &reply, &mut stage.bindings) {
            mismatched(stage, wanted, mismatch)?;
        }
    }
    Ok(())
}

/// A command of the harness's own and `+OK`, as a precondition.
pub(in crate::run::steps) async fn command(
    stage: &mut Stage,
    step: &Step,
    name: &str,
    line: &str,
) -> Result<Reply, Halt> {
    send(stage, step, name, format!("{line}\r\n").as_bytes(), Then::Read).await?;
    let verb = line.split(' ').next().unwrap_or(line);
    expect(stage, step, name, &format!("+OK to {verb}")).await
}

/// `+OK`, as a precondition.
pub(in crate::run::steps) async fn expect(
    stage: &mut Stage,
    step: &Step,
    name: &str,
    text: &str,
) -> Result<Reply, Halt> {
    let wanted = Wanted { text, law: None, span: step.span };
    let heard = hear(stage, step, name, wanted, None).await?;
    let reply = heard.ok_or_else(|| Halt::Error("a precondition that let the case go on".to_owned()))?;
    if reply.status != Some(Status::Ok) {
        stage.depart(None, step.span, Departure::answer(text, quote(&reply.raw), "another reply"))?;
    }
    Ok(reply)
}

async fn hear(
    stage: &mut Stage,
    step: &Step,
    name: &str,
    wanted: Wanted<'_>,
    shape: Option<Shape>,
) -> Result<Option<Reply>, Halt> {
    let wait = stage.wait(step.within);
    let heard = stage.session(name)?.hear_pop3(wait, shape).await;
    whole(stage, wanted, heard, wait)
}
