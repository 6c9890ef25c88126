//! Reports carry the address to which they go as their return path.

use super::{Deviation, Seam};

pub(super) const DEVIATION: Deviation = Deviation {
    id: "queue-report-with-sender",
    seam: Seam::Queue,
    breaks: &["rfc5321-6.1-3", "rfc5321-3.6.3-4"],
    summary: "a delivery status notification has a reverse-path that is not null",
    mount: |seams| seams.queue.report_sender = |to| Some(to.to_owned()),
};
