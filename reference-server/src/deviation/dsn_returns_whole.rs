//! A report of failure brings the whole message back, whatever RET says.

use super::{Deviation, Seam};
use crate::store::Returned;

/// RET is taken and forgotten.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "dsn-returns-whole",
    seam: Seam::Queue,
    breaks: &["rfc3461-4.3-L1"],
    summary: "a report of failure brings the whole message back, whatever RET says",
    mount: |seams| seams.queue.returned = |_| Some(Returned::Full),
};
