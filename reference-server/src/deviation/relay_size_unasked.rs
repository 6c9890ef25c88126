//! SIZE is said to the next server whether it offers that or not.

use super::{Deviation, Seam};

pub(super) const DEVIATION: Deviation = Deviation {
    id: "relay-size-unasked",
    seam: Seam::Queue,
    breaks: &["rfc5321-4.1.1.3-6"],
    summary: "MAIL has the parameter SIZE also towards a server that does not offer SIZE",
    mount: |seams| seams.queue.says_size = |_| true,
};
