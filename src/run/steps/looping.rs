//! `repeat` and `for`: the same steps again, with a variable that tells which time it is.

use super::play_all;
use crate::run::halt::Halt;
use crate::run::stage::Stage;
use crate::script::model::Step;
use crate::script::template::Template;

/// `repeat: {times, as, steps}`; the variable counts from 1.
pub(super) async fn repeat(
    stage: &mut Stage,
    times: usize,
    bind: Option<&str>,
    steps: &[Step],
) -> Result<(), Halt> {
    for number in 1..=times {
        if let Some(name) = bind {
            stage.bindings.set(name, number.to_string());
        }
        play_all(stage, steps).await?;
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
    for value in values {
        stage.bindings.set(bind, value);
        play_all(stage, steps).await?;
    }
    Ok(())
}
