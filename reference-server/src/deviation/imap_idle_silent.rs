//! IDLE tells nothing before it ends.

use super::{Deviation, Seam};

/// News wait for DONE.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-idle-silent",
    seam: Seam::View,
    breaks: &["rfc2177-3-R2"],
    summary: "IDLE tells nothing before it ends",
    mount: |seams| seams.view.imap_idle_tells = || false,
};
