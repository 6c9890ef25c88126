//! `when` and `unless`: whether a step is done at all.

use super::check;
use crate::run::halt::Halt;
use crate::run::plan::unmet;
use crate::run::stage::Stage;
use crate::script::model::{Condition, Sense, Step, Test};

/// Whether all conditions of a step hold; when not, the transcript says which did not.
pub(super) fn hold(stage: &Stage, step: &Step) -> Result<bool, Halt> {
    for condition in &step.conditions {
        if let Some(why) = failing(stage, condition)? {
            let line = stage.place(step.span);
            let note = format!("{line} is passed over: {why}");
            stage.evidence.pass_over(&note);
            stage.evidence.recorder().note(&step.on, note);
            return Ok(false);
        }
    }
    Ok(true)
}

fn failing(stage: &Stage, condition: &Condition) -> Result<Option<String>, Halt> {
    let (holds, why) = match &condition.test {
        Test::Need(need) => {
            let unmet = unmet(need, &stage.target);
            (unmet.is_none(), unmet)
        }
        Test::Value(check) => {
            let difference = check::difference(stage, check)?;
            (
                difference.is_none(),
                difference.map(|departure| format!("{} is needed, {}", departure.expected, departure.label)),
            )
        }
    };
    Ok(match (condition.sense, holds) {
        (Sense::When, true) | (Sense::Unless, false) => None,
        (Sense::When, false) => Some(why.unwrap_or_default()),
        (Sense::Unless, true) => Some("what stands behind `unless` holds".to_owned()),
    })
}
