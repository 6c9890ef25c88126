//! LIST does not tell annotations.

use super::{Deviation, Seam};

/// They are left out where the return option METADATA asks for them.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-list-annotations-missing",
    seam: Seam::View,
    breaks: &["rfc9590-3-1b"],
    summary: "LIST takes the return option METADATA and tells no annotations",
    mount: |seams| seams.view.imap_list_annotations = || false,
};
