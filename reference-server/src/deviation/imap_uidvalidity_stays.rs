//! A mailbox that was deleted and made again has the UIDVALIDITY of before.

use super::{Deviation, Seam};

/// Every mailbox is told with the same value.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-uidvalidity-stays",
    seam: Seam::View,
    breaks: &["VALIDITY"],
    summary: "a mailbox that was deleted and made again has the UIDVALIDITY of before",
    mount: |seams| seams.view.imap_uid_validity = |_| 1,
};
