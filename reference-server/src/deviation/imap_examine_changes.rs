//! A mailbox that was opened by EXAMINE can be changed.

use super::{Deviation, Seam};
use crate::store::Access;

/// EXAMINE opens as SELECT does.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-examine-changes",
    seam: Seam::Gate,
    breaks: &["rfc3501-6.3.2-2"],
    summary: "a mailbox that was opened by EXAMINE can be changed",
    mount: |seams| seams.gate.imap_access = |_| Access::ReadWrite,
};
