//! Whoever knows the name of a mailbox may read it.

use super::{Deviation, Seam};
use crate::store::Rights;

/// SELECT asks for no right.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-acl-read-unchecked",
    seam: Seam::Gate,
    breaks: &["rfc4314-4-1a"],
    summary: "SELECT and EXAMINE open another user's mailbox whether or not it may be read",
    mount: |seams| seams.gate.imap_to_select = |_| Rights::NONE,
};
