//! The UIDNEXT that SELECT tells is 1, however many messages came.

use super::{Deviation, Seam};

/// The mailbox is told as if it were new.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-uidnext-stays",
    seam: Seam::View,
    breaks: &["rfc3501-2.3.1.1-5"],
    summary: "the UIDNEXT that SELECT tells is 1, however many messages came",
    mount: |seams| seams.view.imap_uid_next = |_| 1,
};
