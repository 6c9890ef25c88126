//! A client that resynchronizes is not told what was expunged.

use super::{Deviation, Seam};

/// VANISHED (EARLIER) is never sent.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-vanished-missing",
    seam: Seam::View,
    breaks: &["rfc7162-3.2.5.1-3"],
    summary: "a client that resynchronizes is not told what was expunged",
    mount: |seams| seams.view.imap_vanished_told = || false,
};
