//! A failure of the name server is taken for one that is final.

use super::{Deviation, Seam};

pub(super) const DEVIATION: Deviation = Deviation {
    id: "relay-names-not-waited-for",
    seam: Seam::Queue,
    breaks: &["rfc5321-5.1-4"],
    summary: "mail comes back at once when the name server fails or is silent",
    mount: |seams| seams.queue.waits_for_names = || false,
};
