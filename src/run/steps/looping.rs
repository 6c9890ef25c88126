//! `repeat` and `for`: the same steps again, with a variable that tells which time it is.

use super::play_all;
use crate::run::halt::Halt;
use crate::run::stage::Stage;
use crate::script::model::Step;
use crate::script::template::Template;
use crate::wire::{escape, shorten};

/// `repeat: {times, as, steps}`; the variable counts from 1.
pub(super) async fn repeat(
    stage: &mut Stage,
    times: usize,
    bind: Option<&str>,
    steps: &[Step],
) -> Result<(), Halt> {
    for number in 1..=times {
        let mut round = format!("round {number} of {times}");
        if let Some(name) = bind {
            stage.bindings.set(name, number.to_string());
            round.push_str(&format!(", {name} = {number}"));
        }
        inside(stage, round, steps).await?;
    }
    Ok(())
}

/// `for: {each, in, steps}`; the values are read before the first time.
pub(super) async fn each(
    stage: &mut Stage,
    bind: &str,
    values: &[Template],
    steps: &[Step],
) -> Result<(), Halt> {
    let values = values.iter().map(|value| stage.octets(value)).collect::<Result<Vec<_>, _>>()?;
    let count = values.len();
    for (value, number) in values.into_iter().zip(1_usize..) {
        let round = format!("round {number} of {count}, {bind} = {}", shorten(&escape(&value), 60));
        stage.bindings.set(bind, value);
        inside(stage, round, steps).await?;
    }
    Ok(())
}

/// Steps that stand in something which their findings name.
pub(super) async fn inside(stage: &mut Stage, what: String, steps: &[Step]) -> Result<(), Halt> {
    let depth = stage.within.len();
    stage.within.push(what);
    let result = play_all(stage, steps).await;
    stage.within.truncate(depth);
    result
}
