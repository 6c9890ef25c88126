//! A mailbox that was deleted and made again has the UIDVALIDITY of before.

use super::{Deviation, Seam};

/// Every mailbox is told with the same value.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-uidvalidity-stays",
    seam: Seam::View,
    breaks: &["rfc3501-6.3.3-4"],
    summary: "the UIDVALIDITY that SELECT tells is always 1, also of a mailbox made anew",
    mount: |seams| seams.view.imap_uid_validity = |_| 1,
};
