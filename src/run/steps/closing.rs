//! `drop`, `closed`, `silence`: how a conversation ends or pauses.

use std::time::Duration;

use crate::run::halt::{Cause, Halt};
use crate::run::stage::{Departure, Stage, quote};
use crate::script::model::{Law, Step};
use crate::wire::{End, Received, Take, WriteError};

/// `drop`: the TCP connection is closed without a farewell.
pub(super) async fn drop_connection(stage: &mut Stage, step: &Step) -> Result<(), Halt> {
    stage.session(&step.on)?.connection.drop_now().await;
    stage.sessions.remove(&step.on);
    Ok(())
}

/// `reset`: the TCP connection is closed by a reset.
pub(super) async fn reset(stage: &mut Stage, step: &Step) -> Result<(), Halt> {
    stage.session(&step.on)?.connection.reset().await;
    stage.sessions.remove(&step.on);
    Ok(())
}

/// `half-close`: nothing more will be sent; what the server still says can be expected.
pub(super) async fn half_close(stage: &mut Stage, step: &Step) -> Result<(), Halt> {
    let deadline = stage.wait(step.within).deadline;
    match stage.session(&step.on)?.connection.half_close(deadline).await {
        // What the server said before it closed is still to be read.
        Ok(()) | Err(WriteError::Closed(_)) => Ok(()),
        Err(error) => {
            let line = stage.place(step.span);
            Err(Halt::Blocked { reason: format!("{line}: {error}"), cause: Cause::Silence })
        }
    }
}

/// `closed`: the server must close; what it says before that does not matter here.
pub(super) async fn closed(stage: &mut Stage, step: &Step, law: Option<&Law>) -> Result<(), Halt> {
    let wait = stage.wait(step.within);
    let take = |octets: &[u8], end: Option<&End>| match end {
        Some(end) => Take::Done { consumed: octets.len(), item: end.clone() },
        None => Take::More,
    };
    let connection = &stage.session(&step.on)?.connection;
    let peer = connection.side().peer();
    let actual = match connection.receive(wait.deadline, take).await {
        Received::Item(End::Closed | End::Reset | End::Alert(_)) => return Ok(()),
        Received::Item(end) => end.told_of(peer),
        Received::TimedOut if wait.cut => {
            let reason = format!("the case's time was up before {peer} closed the connection");
            return Err(Halt::Blocked { reason, cause: Cause::Silence });
        }
        Received::TimedOut => format!("the connection stood open for {:?}", wait.within),
    };
    let departure = Departure {
        expected: format!("{peer} closes the connection"),
        actual,
        label: "the connection stays open".to_owned(),
        cause: Cause::Silence,
    };
    stage.depart(law, span(step, law), departure)
}

/// `silence`: nothing may arrive, and the connection stays.
pub(super) async fn silence(
    stage: &mut Stage,
    step: &Step,
    time: Duration,
    law: Option<&Law>,
) -> Result<(), Halt> {
    // Not multiplied by the time factor when it cannot be waited for: a longer silence proves more.
    let wait = stage.wait(time);
    let _waiting = stage.only_waits();
    let connection = &stage.session(&step.on)?.connection;
    let peer = connection.side().peer();
    let take = |octets: &[u8], end: Option<&End>| match end {
        _ if !octets.is_empty() => {
            let head = octets.get(..octets.len().min(4096)).unwrap_or_default();
            Take::Done { consumed: 0, item: quote(head) }
        }
        Some(end) => Take::Done { consumed: 0, item: end.told_of(peer) },
        None => Take::More,
    };
    match connection.receive(wait.deadline, take).await {
        Received::TimedOut if wait.cut => {
            let place = stage.place(step.span);
            let reason = format!("{place}: the case's time was up before the silence was over");
            Err(Halt::Blocked { reason, cause: Cause::Silence })
        }
        Received::TimedOut => Ok(()),
        Received::Item(actual) => {
            let expected = format!("silence for {time:?}");
            let label = format!("{peer} spoke");
            stage.depart(law, span(step, law), Departure::answer(expected, actual, label))
        }
    }
}

fn span(step: &Step, _law: Option<&Law>) -> crate::source::Span {
    step.span
}
