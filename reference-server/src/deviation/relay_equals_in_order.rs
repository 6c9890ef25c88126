//! Mail exchangers of one preference are tried in the order of the answer.

use super::{Deviation, Seam};

pub(super) const DEVIATION: Deviation = Deviation {
    id: "relay-equals-in-order",
    seam: Seam::Queue,
    breaks: &["rfc5321-5.1-14"],
    summary: "of mail exchangers of one preference the same one gets all mail",
    mount: |seams| seams.queue.place_among_equals = |_| 0,
};
