//! The answer to a UID command lacks the UID.

use super::{Deviation, Seam};

/// Only what was asked for is told.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-uid-fetch-without-uid",
    seam: Seam::Renderer,
    breaks: &["rfc3501-6.4.8-1"],
    summary: "the answer to UID FETCH has no UID unless the client asked for it",
    mount: |seams| seams.renderer.imap_uid_unasked = || false,
};
