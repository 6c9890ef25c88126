//! UID EXPUNGE removes all messages that are marked as deleted.

use super::{Deviation, Seam};
use crate::store::Which;

/// Whatever set it names.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-uid-expunge-all",
    seam: Seam::Store,
    breaks: &["rfc4315-2.1-R1"],
    summary: "UID EXPUNGE removes all messages that are marked as deleted",
    mount: |seams| seams.store.imap_expunged = |_| Which::Deleted,
};
