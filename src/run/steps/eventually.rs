//! `eventually`: what must hold in the end, asked again and again.

use std::time::{Duration, Instant};

use super::play_all;
use crate::run::bindings::Bindings;
use crate::run::checks::imap::example_text;
use crate::run::checks::text::{Case, match_text};
use crate::run::halt::{Cause, Halt};
use crate::run::mailbox;
use crate::run::stage::{Departure, Stage, quote};
use crate::script::model::{EventuallyMailbox, MessageTraits, Step};

/// The first pause between two looks; each pause is longer, up to [`LAST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// The longest pause between two looks.
const LAST_PAUSE: Duration = Duration::from_millis(250);

/// `eventually: {steps: …}`: repeats steps until none fails.
pub(super) async fn steps(stage: &mut Stage, step: &Step, steps: &[Step]) -> Result<(), Halt> {
    let wait = stage.wait(step.within);
    let before = stage.evidence.count();
    let bindings = stage.bindings.clone();
    let mut pause = FIRST_PAUSE;
    loop {
        let result = play_all(stage, steps).await;
        let clean = result.is_ok() && stage.evidence.count() == before;
        if clean || matches!(result, Err(Halt::Error(_))) || Instant::now() + pause >= wait.deadline {
            return result;
        }
        stage.evidence.forget(before);
        stage.bindings = bindings.clone();
        rest(stage, pause).await;
        pause = (pause * 2).min(LAST_PAUSE);
    }
}

/// `eventually: {mailbox: …}`: looks until a message is there that has all that is asked for.
pub(super) async fn mailbox(stage: &mut Stage, step: &Step, asked: &EventuallyMailbox) -> Result<(), Halt> {
    let wait = stage.wait(step.within);
    let mut pause = FIRST_PAUSE;
    if asked.count == Some(0) {
        stage.evidence.arrive_at_forbidden(step.span, || example(stage, &asked.has));
    }
    let departure = loop {
        let seen = match mailbox::read(stage, &asked.account, &asked.folder).await? {
            Ok(messages) => match look(stage, asked, &stage.evidence.seen_in_mailbox(messages))? {
                Seen::Enough => return Ok(()),
                Seen::Not(departure) => Ok(departure),
            },
            Err(error) => Err(error),
        };
        if Instant::now() + pause >= wait.deadline {
            // That we could not look says nothing about what was delivered.
            break seen.map_err(|error| Halt::Blocked {
                reason: format!("{} of {} cannot be read: {error}", asked.folder, asked.account),
                cause: Cause::Silence,
            })?;
        }
        rest(stage, pause).await;
        pause = (pause * 2).min(LAST_PAUSE);
    };
    if wait.cut {
        let reason = format!("the case's time was up: {}", departure.actual);
        return Err(Halt::Blocked { reason, cause: Cause::Silence });
    }
    stage.depart(asked.law.as_ref(), step.span, departure)
}

/// The pause between two looks.
async fn rest(stage: &Stage, pause: Duration) {
    let _waiting = stage.only_waits();
    tokio::time::sleep(pause).await;
}

/// A message that has all that is asked for.
fn example(stage: &Stage, has: &MessageTraits) -> Option<Vec<u8>> {
    let mut message = Vec::new();
    for (name, pattern) in &has.headers {
        message.extend_from_slice(format!("{name}: ").as_bytes());
        message.extend(example_text(pattern, &stage.bindings)?);
        message.extend_from_slice(b"\r\n");
    }
    message.extend_from_slice(b"\r\n");
    for body in [&has.body, &has.body_contains].into_iter().flatten() {
        message.extend(stage.octets(body).ok()?);
    }
    Some(message)
}

enum Seen {
    Enough,
    Not(Departure),
}

/// Compares the messages with what is asked for, and binds the last one that has it all.
fn look(stage: &mut Stage, asked: &EventuallyMailbox, messages: &[Vec<u8>]) -> Result<Seen, Halt> {
    let mut nearest: Option<Lack> = None;
    let mut found = 0;
    for message in messages {
        match lack(stage, &asked.has, message)? {
            None => {
                found += 1;
                bind(&mut stage.bindings, asked, message);
            }
            Some(lack) => {
                if nearest.as_ref().is_none_or(|nearest| lack.rank >= nearest.rank) {
                    nearest = Some(lack);
                }
            }
        }
    }
    let enough = asked.count.map_or(found > 0, |count| found == count);
    if enough {
        return Ok(Seen::Enough);
    }
    let expected = match asked.count {
        Some(count) => format!("{count} such messages in {} of {}", asked.folder, asked.account),
        None => format!("such a message in {} of {}", asked.folder, asked.account),
    };
    let total = messages.len();
    let departure = match nearest {
        Some(lack) if found == 0 => Departure::answer(
            format!("{expected}: {}", lack.expected),
            format!("{total} messages, the nearest with {}", lack.actual),
            lack.label,
        ),
        _ => Departure::answer(
            expected,
            format!("{found} such messages of {total}"),
            format!("{found} of {total} messages"),
        ),
    };
    Ok(Seen::Not(departure))
}

/// What a message lacks of what is asked for; the rank says how near it came.
pub(super) struct Lack {
    rank: usize,
    expected: String,
    pub(super) actual: String,
    label: String,
}

pub(super) fn lack(stage: &mut Stage, has: &MessageTraits, message: &[u8]) -> Result<Option<Lack>, Halt> {
    for (rank, (name, pattern)) in has.headers.iter().enumerate() {
        let values = mailbox::header_values(message, name);
        let fits = |value: &Vec<u8>, bindings: &mut Bindings| {
            bindings.attempt(|bindings| match_text(pattern, value, Case::Exact, bindings)).is_ok()
        };
        if !values.iter().any(|value| fits(value, &mut stage.bindings)) {
            let actual = values.first().map_or_else(|| format!("no {name}"), |value| quote(value));
            let label = format!("no message with this {name}");
            return Ok(Some(Lack { rank, expected: format!("{name} as asked for"), actual, label }));
        }
    }
    let rank = has.headers.len();
    let body = mailbox::body(message);
    if let Some(template) = &has.body {
        let wanted = stage.octets(template)?;
        if body != wanted {
            let label = "the body differs".to_owned();
            return Ok(Some(Lack { rank, expected: quote(&wanted), actual: quote(body), label }));
        }
    }
    if let Some(template) = &has.body_contains {
        let wanted = stage.octets(template)?;
        if !wanted.is_empty() && !body.windows(wanted.len()).any(|window| window == wanted) {
            let label = "the body does not hold it".to_owned();
            let expected = format!("a body with {}", quote(&wanted));
            return Ok(Some(Lack { rank: rank + 1, expected, actual: quote(body), label }));
        }
    }
    Ok(None)
}

fn bind(bindings: &mut Bindings, asked: &EventuallyMailbox, message: &[u8]) {
    if let Some(name) = &asked.bind {
        bindings.set(name.clone(), message);
        bindings.set(format!("{name}.body"), mailbox::body(message));
    }
}
