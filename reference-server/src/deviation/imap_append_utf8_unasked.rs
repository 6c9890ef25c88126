//! Messages with header fields in UTF-8 are taken from everybody.

use super::{Deviation, Seam};

/// ENABLE UTF8=ACCEPT makes no difference to APPEND.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-append-utf8-unasked",
    seam: Seam::Gate,
    breaks: &["rfc6855-4-2"],
    summary: "APPEND takes header fields in UTF-8 without ENABLE UTF8=ACCEPT",
    mount: |seams| seams.gate.imap_utf8_needed = || false,
};
