//! COPY goes beyond the quota.

use super::{Deviation, Seam};
use crate::store::Counted;

/// It is not counted.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "store-copy-beyond-quota",
    seam: Seam::Store,
    breaks: &["rfc9208-4.3.1-1"],
    summary: "COPY puts messages into mailboxes whose quota is used up, which only APPEND respects",
    mount: |seams| seams.store.imap_copy_counted = || Counted::No,
};
