//! A conditional STORE changes messages that have changed since.

use super::{Deviation, Seam};

/// The condition is read and forgotten.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-unchangedsince-ignored",
    seam: Seam::Store,
    breaks: &["rfc7162-3.1.3-3", "rfc7162-3.1.3-4"],
    summary: "a conditional STORE changes messages that have changed since",
    mount: |seams| seams.store.imap_unchanged_since = |_| None,
};
