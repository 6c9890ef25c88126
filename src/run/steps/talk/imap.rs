//! Conversations in IMAP: tags and literals are the harness's affair, and
//! untagged responses are judged together, when the tagged one has come.

use super::{Wanted, mismatched, whole};
use crate::dialect::imap::{Kind, Response, Status};
use crate::run::bindings::{LiteralKind, Piece};
use crate::run::checks;
use crate::run::halt::{Cause, Halt};
use crate::run::session::{Flooded, Heard, ImapSpeech};
use crate::run::stage::{Departure, Stage, Wait, quote};
use crate::script::model::{Command, Exchange, Expectation, Pattern, Step};
use crate::script::pattern::{Cardinality, ImapExpectation};
use crate::target::Account;
use crate::wire::WriteError;

/// Sends the commands and judges the responses, part by part: a part ends with a tagged answer
/// or a continuation request, the last one with the exchange.
pub(super) async fn exchange(stage: &mut Stage, step: &Step, exchange: &Exchange) -> Result<(), Halt> {
    for (index, command) in exchange.commands.iter().enumerate() {
        send_command(stage, step, exchange, command, index).await?;
    }
    let mut part = Vec::new();
    for expectation in &exchange.expectations {
        let Pattern::Imap(pattern) = &expectation.pattern else {
            return Err(Halt::Error("a pattern of another protocol".to_owned()));
        };
        stage.evidence.arrive(expectation.span);
        match pattern {
            ImapExpectation::Untagged { cardinality, .. } => {
                if *cardinality == Cardinality::Forbidden {
                    let example = || checks::imap::example(pattern, &stage.bindings);
                    stage.evidence.arrive_at_forbidden(expectation.span, example);
                }
                part.push(Line { expectation, pattern });
            }
            ImapExpectation::Tagged { .. } => {
                tagged(stage, step, &part, Line { expectation, pattern }).await?;
                part.clear();
            }
            ImapExpectation::Continuation(_) => {
                continuation(stage, step, &part, Line { expectation, pattern }).await?;
                part.clear();
            }
        }
    }
    open_part(stage, step, &part).await
}

/// An `S:` line with its pattern.
#[derive(Clone, Copy)]
struct Line<'a> {
    expectation: &'a Expectation,
    pattern: &'a ImapExpectation,
}

impl<'a> Line<'a> {
    fn wanted(self) -> Wanted<'a> {
        Wanted::of(self.expectation)
    }
}

// --- sending ---

/// Sends one command; its synchronizing literals wait for the server's leave.
async fn send_command(
    stage: &mut Stage,
    step: &Step,
    exchange: &Exchange,
    command: &Command,
    index: usize,
) -> Result<(), Halt> {
    let pieces = stage.render(&command.text)?;
    let speech = speech(stage, &step.on)?;
    let mut octets = Vec::new();
    // Several lines behind a `+`: the first answers it, the others are commands.
    if !(index == 0 && std::mem::take(&mut speech.continuing)) {
        octets = speech.tag();
        if let Some(label) = &command.label {
            speech.name(label, &octets);
        }
        octets.push(b' ');
    }
    let tag = octets.strip_suffix(b" ").unwrap_or_default().to_vec();
    for piece in pieces {
        match &piece {
            Piece::Octets(text) => octets.extend_from_slice(text),
            Piece::Literal { kind: LiteralKind::NonSynchronizing, .. } => octets.extend(piece.to_octets()),
            Piece::Literal { octets: literal, kind: LiteralKind::Synchronizing } => {
                octets.extend(piece.announcement());
                put(stage, step, &octets).await?;
                let wanted = exchange.expectations.last().map(Wanted::of);
                let wanted = wanted.unwrap_or(Wanted { text: "+", law: None, span: command.span });
                if leave(stage, step, wanted, &tag).await? == Leave::Refused {
                    return Ok(());
                }
                octets.clone_from(literal);
            }
        }
    }
    octets.extend_from_slice(b"\r\n");
    put(stage, step, &octets).await
}

/// Whether the server wants the literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leave {
    Given,
    /// It answered the command instead: the command is over (RFC 3501, section 7.5).
    Refused,
}

async fn leave(stage: &mut Stage, step: &Step, wanted: Wanted<'_>, tag: &[u8]) -> Result<Leave, Halt> {
    let wait = stage.wait(step.within);
    let either = |response: &Response| is_continuation(response) || answers(response, Some(tag));
    let Some(at) = seek(stage, &step.on, wait, wanted, either).await? else { return Ok(Leave::Refused) };
    let speech = speech(stage, &step.on)?;
    if speech.held().get(at).is_some_and(is_continuation) {
        speech.take(at);
        return Ok(Leave::Given);
    }
    Ok(Leave::Refused)
}

async fn put(stage: &mut Stage, step: &Step, octets: &[u8]) -> Result<(), Halt> {
    let wait = stage.wait(step.within);
    match stage.session(&step.on)?.connection.write(octets, wait.deadline).await {
        // What the server said before it closed is still to be read.
        Ok(()) | Err(WriteError::Closed(_)) => Ok(()),
        Err(error) => {
            let line = stage.place(step.span);
            Err(Halt::Blocked { reason: format!("{line}: {error}"), cause: Cause::Silence })
        }
    }
}

// --- expecting ---

/// The tagged answer of the first command not answered yet, and what must come before it.
async fn tagged(stage: &mut Stage, step: &Step, part: &[Line<'_>], line: Line<'_>) -> Result<(), Halt> {
    let wait = stage.wait(step.within);
    let tag = wanted_tag(stage, step, line)?;
    let answers_it = |response: &Response| answers(response, tag.as_deref());
    let answer = seek(stage, &step.on, wait, line.wanted(), answers_it).await?;
    let speech = speech(stage, &step.on)?;
    speech.take_awaited(tag.as_deref());
    let untagged = speech.take_untagged_before(answer.unwrap_or(usize::MAX));
    // The answer is the first tagged one of its tag that is left.
    let answer =
        position(speech, |response| answers(response, tag.as_deref())).and_then(|at| speech.take(at));
    if let Some(answer) = answer {
        speech.continuing = false;
        // First the answer: a command that was refused has nothing else to say.
        if let Err(mismatch) = checks::imap::match_response(line.pattern, &answer, &mut stage.bindings) {
            mismatched(stage, line.wanted(), mismatch)?;
        }
    }
    settle(stage, &step.on, part, untagged)
}

/// The tag of the command that an expectation is about: its label's, else the earliest not
/// answered yet.
fn wanted_tag(stage: &mut Stage, step: &Step, line: Line<'_>) -> Result<Option<Vec<u8>>, Halt> {
    let place = stage.place(line.expectation.span);
    let speech = speech(stage, &step.on)?;
    match &line.expectation.label {
        None => Ok(speech.first_awaited().map(<[u8]>::to_vec)),
        Some(label) => match speech.named(label) {
            Some(tag) => Ok(Some(tag.to_vec())),
            None => Err(Halt::Error(format!("{place}: the command `{label}` was answered already"))),
        },
    }
}

/// Judges what came before an answer. While other commands wait for theirs, what no expectation
/// took may be meant for them: a server may work on several commands at once (RFC 3501, section 5.5).
fn settle(stage: &mut Stage, name: &str, part: &[Line<'_>], untagged: Vec<Response>) -> Result<(), Halt> {
    let taken = judge(stage, part, &untagged)?;
    let speech = speech(stage, name)?;
    if speech.first_awaited().is_some() {
        let left = untagged.into_iter().enumerate().filter(|(at, _)| !taken.contains(at));
        speech.put_back(left.map(|(_, response)| response).collect());
    }
    Ok(())
}

/// A continuation request, and what must come before it.
async fn continuation(stage: &mut Stage, step: &Step, part: &[Line<'_>], line: Line<'_>) -> Result<(), Halt> {
    let wait = stage.wait(step.within);
    let tag = speech(stage, &step.on)?.first_awaited().map(<[u8]>::to_vec);
    let either = |response: &Response| is_continuation(response) || answers(response, tag.as_deref());
    let Some(came) = seek(stage, &step.on, wait, line.wanted(), either).await? else { return Ok(()) };
    let speech = speech(stage, &step.on)?;
    let Some(request) = speech.held().get(came).cloned() else { return Ok(()) };
    if is_continuation(&request) {
        speech.continuing = true;
        speech.take(came);
    }
    let untagged = speech.take_untagged_before(came);
    if let Err(mismatch) = checks::imap::match_response(line.pattern, &request, &mut stage.bindings) {
        mismatched(stage, line.wanted(), mismatch)?;
    }
    settle(stage, &step.on, part, untagged)
}

/// Untagged responses that no tagged one ends: the greeting, or what comes while idling. Waits
/// until all that is required has come.
async fn open_part(stage: &mut Stage, step: &Step, part: &[Line<'_>]) -> Result<(), Halt> {
    let required = |line: &&Line<'_>| matches!(line.pattern, ImapExpectation::Untagged { cardinality, .. } if cardinality.is_required());
    let Some(first) = part.iter().find(required).or(part.first()) else { return Ok(()) };
    let wait = stage.wait(step.within);
    loop {
        let name = &step.on;
        let patterns: Vec<&ImapExpectation> = part.iter().map(|line| line.pattern).collect();
        let mut bindings = stage.bindings.clone();
        let speech = speech(stage, name)?;
        let responses: Vec<&Response> = speech.held().iter().collect();
        let results = checks::imap::judge(&patterns, &responses, &mut bindings);
        if results.iter().all(Result::is_ok) {
            let last = results.iter().flatten().flatten().max().copied();
            for _ in 0..last.map_or(0, |last| last + 1) {
                speech.take(0);
            }
            stage.bindings = bindings;
            return Ok(());
        }
        let tag = speech.first_awaited();
        let over = position(speech, |response| tag.is_some() && answers(response, tag)).is_some();
        // A tagged answer or the wait's end: nothing more will come.
        let more = !over && more(stage, name, wait, first.wanted()).await?;
        if !more {
            let untagged = self::speech(stage, name)?.take_untagged_before(usize::MAX);
            if untagged.is_empty() && !over {
                // Silence or a close, said as such.
                let heard = Heard::Silence(Vec::new());
                let heard = match self::speech_end(stage, name)? {
                    Some(end) => Heard::Ended(end, None),
                    None => heard,
                };
                return whole::<Response>(stage, first.wanted(), heard, wait).map(|_| ());
            }
            return judge(stage, part, &untagged).map(|_| ());
        }
    }
}

/// Judges untagged expectations against what came; gives the places of the responses they took.
fn judge(stage: &mut Stage, part: &[Line<'_>], untagged: &[Response]) -> Result<Vec<usize>, Halt> {
    let patterns: Vec<&ImapExpectation> = part.iter().map(|line| line.pattern).collect();
    let responses: Vec<&Response> = untagged.iter().collect();
    let results = checks::imap::judge(&patterns, &responses, &mut stage.bindings);
    let mut taken = Vec::new();
    for (line, result) in part.iter().zip(results) {
        match result {
            Ok(at) => taken.extend(at),
            Err(mismatch) => mismatched(stage, line.wanted(), mismatch)?,
        }
    }
    Ok(taken)
}

// --- hearing ---

/// Where the first response of this kind is among those held, waited for if need be; `None` when
/// none came and that was written down.
async fn seek(
    stage: &mut Stage,
    name: &str,
    wait: Wait,
    wanted: Wanted<'_>,
    kind: impl Fn(&Response) -> bool,
) -> Result<Option<usize>, Halt> {
    let mut found = position(speech(stage, name)?, &kind);
    while found.is_none() {
        let heard = stage.session(name)?.hear_imap(wait).await;
        let Some(response) = whole(stage, wanted, heard, wait)? else { return Ok(None) };
        if !hold(stage, name, response, wanted)? {
            return Ok(None);
        }
        // Only the newest: looking through all of them each time would be quadratic.
        let held = speech(stage, name)?.held();
        found = held.back().is_some_and(&kind).then(|| held.len() - 1);
    }
    Ok(found)
}

/// Waits for one more response, without a word when none comes.
async fn more(stage: &mut Stage, name: &str, wait: Wait, wanted: Wanted<'_>) -> Result<bool, Halt> {
    match stage.session(name)?.hear_imap(wait).await {
        Heard::Reply(response) => {
            stage.violations(&response.violations, wanted.span);
            hold(stage, name, response, wanted)
        }
        Heard::Ended(_, Some(half)) => {
            stage.violations(&half.violations, wanted.span);
            Ok(false)
        }
        Heard::Ended(_, None) | Heard::Silence(_) => Ok(false),
    }
}

/// Keeps a response; `false` when there are too many and that was written down.
fn hold(stage: &mut Stage, name: &str, response: Response, wanted: Wanted<'_>) -> Result<bool, Halt> {
    match speech(stage, name)?.hold(response) {
        Ok(violation) => {
            stage.violations(violation.as_slice(), wanted.span);
            Ok(true)
        }
        Err(Flooded) => {
            let actual = "more untagged responses than can be held";
            let departure = Departure::answer(wanted.text, actual, "a flood of responses");
            stage.depart(wanted.law, wanted.span, departure).map(|()| false)
        }
    }
}

fn speech<'a>(stage: &'a mut Stage, name: &str) -> Result<&'a mut ImapSpeech, Halt> {
    let wrong = || Halt::Error(format!("`{name}` is no IMAP connection"));
    stage.session(name)?.imap().ok_or_else(wrong)
}

fn speech_end(stage: &mut Stage, name: &str) -> Result<Option<crate::wire::End>, Halt> {
    Ok(stage.session(name)?.connection.end())
}

fn position(speech: &ImapSpeech, wanted: impl Fn(&Response) -> bool) -> Option<usize> {
    speech.held().iter().position(wanted)
}

const fn is_continuation(response: &Response) -> bool {
    matches!(response.kind, Kind::Continuation { .. })
}

/// Whether a response is the answer to this command; to any, when none is known.
fn answers(response: &Response, wanted: Option<&[u8]>) -> bool {
    match &response.kind {
        Kind::Tagged { tag, .. } => wanted.is_none_or(|wanted| wanted == tag.as_slice()),
        _ => false,
    }
}

// --- SASL ---

/// Sends `AUTHENTICATE` with these arguments; gives its tag.
pub(super) async fn begin_sasl(stage: &mut Stage, step: &Step, arguments: &str) -> Result<Vec<u8>, Halt> {
    let tag = speech(stage, &step.on)?.tag();
    let line = [tag.as_slice(), b" AUTHENTICATE ", arguments.as_bytes(), b"\r\n"].concat();
    put(stage, step, &line).await.map(|()| tag)
}

/// Sends a line of the exchange, which is no command.
pub(super) async fn continue_sasl(stage: &mut Stage, step: &Step, line: &[u8]) -> Result<(), Halt> {
    put(stage, step, line).await
}

/// The next challenge, or the tagged answer; `None` when neither came and that was written down.
pub(super) async fn hear_sasl(
    stage: &mut Stage,
    step: &Step,
    tag: &[u8],
    wanted: Wanted<'_>,
) -> Result<Option<Response>, Halt> {
    let wait = stage.wait(step.within);
    let either = |response: &Response| is_continuation(response) || answers(response, Some(tag));
    let Some(at) = seek(stage, &step.on, wait, wanted, either).await? else { return Ok(None) };
    let speech = speech(stage, &step.on)?;
    speech.take_untagged_before(at);
    let response = position(speech, either).and_then(|at| speech.take(at));
    if response.as_ref().is_some_and(|response| answers(response, Some(tag))) {
        speech.take_awaited(Some(tag));
    }
    Ok(response)
}

// --- the harness's own words, as preconditions ---

/// The greeting: OK, or PREAUTH (RFC 3501, section 7.1).
pub(in crate::run::steps) async fn greeting(stage: &mut Stage, step: &Step, name: &str) -> Result<(), Halt> {
    let wait = stage.wait(step.within);
    let wanted = Wanted { text: "a greeting", law: None, span: step.span };
    let heard = stage.session(name)?.hear_imap(wait).await;
    let response = whole(stage, wanted, heard, wait)?;
    let welcome = response.as_ref().is_some_and(|response| {
        matches!(response.kind, Kind::Status { status: Status::Ok | Status::Preauth, .. })
    });
    if welcome {
        return Ok(());
    }
    let actual = quote(response.as_ref().map_or(&[], |response| &response.raw));
    stage.depart(None, step.span, Departure::answer("a greeting", actual, "another greeting"))
}

/// LOGIN with quoted strings (RFC 3501, section 6.2.3), over TLS where the server wants that first.
pub(in crate::run::steps) async fn login(
    stage: &mut Stage,
    step: &Step,
    name: &str,
    account: &Account,
) -> Result<(), Halt> {
    use crate::script::model::Protocol;
    let disabled = stage.target.declared().has_in_plaintext(Protocol::Imap, "LOGINDISABLED");
    if disabled && !stage.session(name)?.connection.is_encrypted() {
        Box::pin(super::super::starttls::command(stage, step, name)).await?;
    }
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    command(stage, step, name, &format!("LOGIN {} {}", quoted(&account.user), quoted(&account.secret))).await
}

/// A command of the harness's own and its OK.
pub(in crate::run::steps) async fn command(
    stage: &mut Stage,
    step: &Step,
    name: &str,
    line: &str,
) -> Result<(), Halt> {
    let wait = stage.wait(step.within);
    let verb = line.split(' ').next().unwrap_or(line);
    let text = format!("OK to {verb}");
    let wanted = Wanted { text: &text, law: None, span: step.span };
    let tag = speech(stage, name)?.tag();
    let octets = [tag.as_slice(), b" ", line.as_bytes(), b"\r\n"].concat();
    // A write that fails shows when nothing is heard.
    let _ = stage.session(name)?.connection.write(&octets, wait.deadline).await;
    let answers_it = |response: &Response| answers(response, Some(&tag));
    let at = seek(stage, name, wait, wanted, answers_it).await?;
    let speech = speech(stage, name)?;
    speech.take_awaited(Some(&tag));
    speech.take_untagged_before(at.unwrap_or(usize::MAX));
    let answer = position(speech, answers_it).and_then(|at| speech.take(at));
    match answer {
        Some(Response { kind: Kind::Tagged { status: Some(Status::Ok), .. }, .. }) => Ok(()),
        other => {
            let actual = quote(other.as_ref().map_or(&[], |response| &response.raw));
            stage.depart(None, step.span, Departure::answer(text, actual, "another answer"))
        }
    }
}
