//! A message is taken for submission from who has not logged in.

use super::{Deviation, Seam};

/// Relaying to other domains too.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "submission-open",
    seam: Seam::Gate,
    breaks: &["rfc6409-4.3-1"],
    summary: "a message is taken for submission from who has not logged in",
    mount: |seams| seams.gate.submission_open = || true,
};
