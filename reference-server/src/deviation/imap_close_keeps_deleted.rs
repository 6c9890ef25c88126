//! CLOSE leaves the messages that are marked as deleted.

use super::{Deviation, Seam};

/// CLOSE deselects and no more.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-close-keeps-deleted",
    seam: Seam::Store,
    breaks: &["rfc3501-6.4.2-R1"],
    summary: "CLOSE leaves the messages that are marked as deleted",
    mount: |seams| seams.store.imap_close_expunges = || false,
};
