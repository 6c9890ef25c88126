//! STORE +FLAGS replaces the flags that were there.

use super::{Deviation, Seam};
use crate::store::FlagChange;

/// What is to be added is all that is left.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-store-adds-replace",
    seam: Seam::Store,
    breaks: &["rfc3501-6.4.6-R1"],
    summary: "STORE +FLAGS replaces the flags that were there",
    mount: |seams| {
        seams.store.imap_change = |change| match change {
            FlagChange::Add => FlagChange::Replace,
            other => other,
        }
    },
};
