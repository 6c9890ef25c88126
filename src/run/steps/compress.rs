//! `compress`: COMPRESS DEFLATE (RFC 4978), its positive answer, and the layer; or the layer alone.

use super::talk::imap;
use crate::run::halt::{Cause, Halt};
use crate::run::stage::Stage;
use crate::script::model::{Compress, Step};

/// Does the step.
pub(super) async fn compress(stage: &mut Stage, step: &Step, how: Compress) -> Result<(), Halt> {
    if how == Compress::Command {
        imap::command(stage, step, &step.on, "COMPRESS DEFLATE").await?;
    }
    let deadline = stage.wait(step.within).deadline;
    let connection = &mut stage.session(&step.on)?.connection;
    let (done, otherwise) = match how {
        Compress::Command | Compress::Begin => {
            (connection.compress().await, "the connection is gone, or compressed already")
        }
        Compress::End => (connection.decompress(deadline).await, "the connection is gone, or not compressed"),
    };
    if done {
        return Ok(());
    }
    let line = stage.suite.source.location(step.span.start).line;
    Err(Halt::Blocked { reason: format!("line {line}: {otherwise}"), cause: Cause::Silence })
}
