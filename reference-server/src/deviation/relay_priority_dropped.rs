//! A priority is not passed on.

use super::{Deviation, Seam};
use crate::store::Terms;

pub(super) const DEVIATION: Deviation = Deviation {
    id: "relay-priority-dropped",
    seam: Seam::Queue,
    breaks: &["rfc6710-4.2-1"],
    summary: "MT-PRIORITY is not said to a server that has it",
    mount: |seams| seams.queue.terms = |terms| Terms { priority: None, ..terms },
};
