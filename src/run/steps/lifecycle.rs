//! `restart` and `kill`: the target ends and starts again. What it said to its connections as it was
//! stopped can still be read; a kill leaves nothing to read.

use std::sync::Arc;

use crate::run::halt::Halt;
use crate::run::stage::Stage;
use crate::script::model::Lifecycle;

/// Does the step.
pub(super) async fn restart(stage: &mut Stage, how: Lifecycle) -> Result<(), Halt> {
    // Killed first, dropped then: a client that hangs up could save what the kill should lose.
    let shared = || Halt::Error("the target cannot be ended while branches run".to_owned());
    let lease = Arc::get_mut(&mut stage.lease).ok_or_else(shared)?;
    let result = lease.restart(how).await;
    if how == Lifecycle::Kill {
        stage.clear().await;
    }
    result.map_err(Halt::from)
}
