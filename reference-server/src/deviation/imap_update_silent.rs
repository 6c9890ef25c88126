//! A search that should be kept up to date is not.

use super::{Deviation, Seam};

/// UPDATE is answered OK.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-update-silent",
    seam: Seam::View,
    breaks: &["rfc5267-4.3-3"],
    summary: "a search that should be kept up to date is not",
    mount: |seams| seams.view.imap_contexts_told = || false,
};
