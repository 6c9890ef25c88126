//! Special uses that are set as an annotation are not looked at.

use super::{Deviation, Seam};

/// What is no special use is taken, and means nothing.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-special-uses-unchecked",
    seam: Seam::Gate,
    breaks: &["rfc6154-4-4"],
    summary: "SETMETADATA takes anything as the special uses of a mailbox",
    mount: |seams| seams.gate.imap_special_uses_checked = || false,
};
