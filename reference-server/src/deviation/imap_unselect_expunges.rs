//! UNSELECT removes the messages that are marked as deleted, as CLOSE does.

use super::{Deviation, Seam};

/// They are one command to it.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-unselect-expunges",
    seam: Seam::Store,
    breaks: &["rfc3691-2-R1"],
    summary: "UNSELECT removes the messages that are marked as deleted, as CLOSE does",
    mount: |seams| seams.store.imap_unselect_expunges = || true,
};
