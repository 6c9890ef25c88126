//! What the next server has taken is handed over once more.

use super::{Deviation, Seam};

pub(super) const DEVIATION: Deviation = Deviation {
    id: "relay-repeats-what-was-taken",
    seam: Seam::Queue,
    breaks: &["rfc5321-2.1-2"],
    summary: "a message that the next server has taken is handed over a second time",
    mount: |seams| seams.queue.hand_overs = || 2,
};
