//! DOWNGRADED has sequence numbers.

use super::{Deviation, Seam};

/// Messages are named by their numbers where UIDs are to stand.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-downgraded-numbers",
    seam: Seam::Renderer,
    breaks: &["rfc6858-3-R2"],
    summary: "DOWNGRADED names messages by their sequence numbers",
    mount: |seams| seams.renderer.imap_downgraded = |number, _| number,
};
