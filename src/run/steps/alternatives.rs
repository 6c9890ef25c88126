//! `any-of`: courses that an RFC allows, of which the first that holds is taken.
//!
//! What came is looked at anew by each alternative, until one sends something.

use super::play_all;
use crate::outcome::Finding;
use crate::run::bindings::Bindings;
use crate::run::halt::{Cause, Halt};
use crate::run::session::Speech;
use crate::run::stage::Stage;
use crate::script::model::{Alternative, Step};
use crate::wire::Mark;

/// Where the case stood before the first alternative.
struct Start {
    bindings: Bindings,
    findings: usize,
    judged: bool,
    sessions: Vec<(String, Mark, Speech)>,
}

/// What an alternative came to that did not hold cleanly.
struct Attempt {
    result: Result<(), Halt>,
    findings: Vec<Finding>,
    bindings: Bindings,
}

/// Tries the alternatives in order.
pub(super) async fn any_of(stage: &mut Stage, step: &Step, alternatives: &[Alternative]) -> Result<(), Halt> {
    let start = Start::of(stage);
    let mut attempts: Vec<Attempt> = Vec::new();
    for alternative in alternatives {
        let result = play_all(stage, &alternative.steps).await;
        if matches!(result, Err(Halt::Error(_))) {
            return result;
        }
        let line = stage.place(alternative.span);
        if result.is_ok() && stage.evidence.count() == start.findings {
            stage.evidence.take_course(format!("{line}: {}", alternative.name));
            note(stage, step, &format!("{line} holds: {}", alternative.name));
            return Ok(());
        }
        note(stage, step, &format!("{line} does not hold: {}", alternative.name));
        let findings = stage.evidence.split_off(start.findings);
        let bindings = std::mem::replace(&mut stage.bindings, start.bindings.clone());
        attempts.push(Attempt { result, findings, bindings });
        start.restore(stage);
    }
    settle(stage, step, alternatives, attempts)
}

/// None held cleanly: one that came to its end with findings is nearest, else the first speaks,
/// which is the course that the script expects most.
fn settle(
    stage: &mut Stage,
    step: &Step,
    alternatives: &[Alternative],
    mut attempts: Vec<Attempt>,
) -> Result<(), Halt> {
    let reasons: Vec<String> =
        attempts.iter().zip(alternatives).map(|(attempt, one)| attempt.reason(&one.name)).collect();
    let accuses = |attempt: &Attempt| !attempt.findings.is_empty();
    let nearest = attempts
        .iter()
        .position(|attempt| attempt.result.is_ok())
        .or_else(|| attempts.iter().position(accuses));
    let Some(nearest) = nearest else {
        let line = stage.place(step.span);
        let silent =
            |attempt: &Attempt| matches!(attempt.result, Err(Halt::Blocked { cause: Cause::Silence, .. }));
        let cause = if attempts.iter().any(silent) { Cause::Silence } else { Cause::Answer };
        let reason = format!("{line}: no alternative holds: {}", reasons.join("; "));
        return Err(Halt::Blocked { reason, cause });
    };
    let Attempt { result, findings, bindings } = attempts.swap_remove(nearest);
    stage.bindings = bindings;
    for finding in findings {
        stage.evidence.find(finding);
    }
    result
}

fn note(stage: &Stage, step: &Step, text: &str) {
    stage.evidence.recorder().note(&step.on, text.to_owned());
}

impl Attempt {
    fn reason(&self, name: &str) -> String {
        match (&self.result, self.findings.first()) {
            (Err(Halt::Blocked { reason, .. }), _) => format!("{name} ({reason})"),
            (_, Some(finding)) => format!("{name} ({}: {})", finding.requirement, finding.actual),
            _ => name.to_owned(),
        }
    }
}

impl Start {
    fn of(stage: &Stage) -> Self {
        let mark = |(name, session): (&String, &crate::run::session::Session)| {
            (name.clone(), session.connection.mark(), session.speech.clone())
        };
        Self {
            bindings: stage.bindings.clone(),
            findings: stage.evidence.count(),
            judged: stage.evidence.judged(),
            sessions: stage.sessions.iter().map(mark).collect(),
        }
    }

    /// Puts back what was taken, on each connection on which nothing was sent.
    fn restore(&self, stage: &mut Stage) {
        stage.evidence.set_judged(self.judged);
        for (name, mark, speech) in &self.sessions {
            if let Some(session) = stage.sessions.get_mut(name)
                && session.connection.rewind(mark)
            {
                session.speech = speech.clone();
            }
        }
    }
}
