//! MOVE leaves the messages where they were, too.

use super::{Deviation, Seam};
use crate::store::Leaves;

/// It says that they went.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-move-copies",
    seam: Seam::Store,
    breaks: &["rfc6851-3.3-R1"],
    summary: "MOVE leaves the messages where they were, too",
    mount: |seams| seams.store.imap_moved = || Leaves::No,
};
