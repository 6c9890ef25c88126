//! A conditional STORE does not tell by MODIFIED which messages it left alone.

use super::{Deviation, Seam};

/// They are left alone all the same.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-modified-missing",
    seam: Seam::View,
    breaks: &["rfc7162-3.1.3-4"],
    summary: "a conditional STORE does not tell by MODIFIED which messages it left alone",
    mount: |seams| seams.view.imap_modified_told = || false,
};
