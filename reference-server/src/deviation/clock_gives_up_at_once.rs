//! A failure that may pass is taken for one that is final.

use super::{Deviation, Seam};
use crate::queue::Next;

pub(super) const DEVIATION: Deviation = Deviation {
    id: "clock-gives-up-at-once",
    seam: Seam::Clock,
    breaks: &["rfc5321-4.5.4.1-1", "rfc5321-4.2.1-1"],
    summary: "a message is given up after its first temporary failure",
    mount: |seams| seams.clock.after_failure = |_| Next::GiveUp,
};
