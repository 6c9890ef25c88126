//! A recipient among several is not named to the next server, and taken for served.

use super::{Deviation, Seam};

pub(super) const DEVIATION: Deviation = Deviation {
    id: "relay-forgets-a-recipient",
    seam: Seam::Queue,
    breaks: &["rfc5321-2.1-2"],
    summary: "of several recipients at one server the last is not named there, and its mail is lost",
    mount: |seams| seams.queue.named = |recipients| if recipients > 1 { recipients - 1 } else { recipients },
};
