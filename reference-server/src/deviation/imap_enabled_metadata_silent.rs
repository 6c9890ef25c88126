//! A client that enabled METADATA is told nothing of it.

use super::{Deviation, Seam};

/// What others change of annotations is not told.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-enabled-metadata-silent",
    seam: Seam::View,
    breaks: &["rfc5464-4.4-1"],
    summary: "ENABLE METADATA is confirmed, and what others change of annotations is not told",
    mount: |seams| seams.view.imap_annotations_told = || false,
};
