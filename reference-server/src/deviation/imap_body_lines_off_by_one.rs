//! The structure of a message counts a line too many.

use super::{Deviation, Seam};

/// Every count is one too large.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-body-lines-off-by-one",
    seam: Seam::Structure,
    breaks: &["rfc3501-7.4.2-R2"],
    summary: "BODY and BODYSTRUCTURE say that a text has one line more than it has",
    mount: |seams| seams.structure.imap_body_lines = |lines| lines.saturating_add(1),
};
