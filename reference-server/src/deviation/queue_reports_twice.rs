//! Each report of a failure is sent twice.

use super::{Deviation, Seam};

pub(super) const DEVIATION: Deviation = Deviation {
    id: "queue-reports-twice",
    seam: Seam::Queue,
    breaks: &["rfc5321-6.1-2"],
    summary: "a delivery status notification is sent twice",
    mount: |seams| seams.queue.copies = || 2,
};
