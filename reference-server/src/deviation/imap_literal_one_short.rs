//! Literals are announced one octet shorter than they are.

use super::{Deviation, Seam};

/// The last octet of each stands where the next item is expected.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-literal-one-short",
    seam: Seam::Renderer,
    breaks: &["rfc3501-9-R9", "rfc3501-6.4.5-R5"],
    summary: "FETCH announces one octet less than the literal has",
    mount: |seams| seams.renderer.imap_literal_octets = |octets| octets.saturating_sub(1),
};
