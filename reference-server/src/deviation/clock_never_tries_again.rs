//! What could not be handed over waits for ever.

use super::{Deviation, Seam};
use crate::queue::Next;
use crate::store::Millis;

pub(super) const DEVIATION: Deviation = Deviation {
    id: "clock-never-tries-again",
    seam: Seam::Clock,
    breaks: &["rfc5321-4.5.4.1-1"],
    summary: "a message is not tried again after a temporary failure",
    mount: |seams| seams.clock.after_failure = |_| Next::Again { at: Millis::MAX, tell: false },
};
