//! A message goes to a server that has told that it is too large.

use super::{Deviation, Seam};

pub(super) const DEVIATION: Deviation = Deviation {
    id: "relay-size-limit-ignored",
    seam: Seam::Queue,
    breaks: &["house-relay-size-heeded"],
    summary: "a message is sent to a server whose SIZE is smaller",
    mount: |seams| {
        seams.queue.heeds_size = || false;
        // Or the next server would refuse it by what is declared.
        seams.queue.says_size = |_| false;
    },
};
