//! A leading dot that the client doubled stays doubled in the stored message.

use super::{Deviation, Seam};

/// The client's extra dot is not removed.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "smtp-dot-kept",
    seam: Seam::Framer,
    breaks: &["rfc5321-4.5.2-R1"],
    summary: "a line of DATA that begins with a dot keeps the dot that the client put before it",
    mount: |seams| seams.framer.unstuff = |line| line,
};
