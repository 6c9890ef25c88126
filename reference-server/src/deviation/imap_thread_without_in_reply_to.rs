//! THREAD REFERENCES does not look at In-Reply-To.

use super::{Deviation, Seam};

/// References are followed.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-thread-without-in-reply-to",
    seam: Seam::Evaluator,
    breaks: &["rfc5256-3-R14"],
    summary: "THREAD REFERENCES does not look at In-Reply-To",
    mount: |seams| seams.evaluator.imap_references = |facts| facts.ids("References"),
};
