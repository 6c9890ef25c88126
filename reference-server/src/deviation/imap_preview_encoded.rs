//! PREVIEW gives the beginning of the text in its transfer encoding.

use super::{Deviation, Seam};

/// Nothing is undone.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-preview-encoded",
    seam: Seam::Renderer,
    breaks: &["rfc8970-3.3-2"],
    summary: "PREVIEW gives the beginning of the text in its transfer encoding",
    mount: |seams| {
        seams.renderer.imap_preview = |_, octets| String::from_utf8_lossy(octets).chars().take(100).collect();
    },
};
