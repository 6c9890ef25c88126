//! More recipients are told than are taken.

use super::{Deviation, Seam};

/// RCPTMAX is ten too many.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "smtp-limits-too-high",
    seam: Seam::Renderer,
    breaks: &["rfc9422-4.2-R1"],
    summary: "LIMITS tells ten recipients more than are taken",
    mount: |seams| seams.renderer.smtp_told_recipients = |limit| limit + 10,
};
