//! Header fields in UTF-8 are sent to everybody.

use super::{Deviation, Seam};

/// The mode UTF8 makes no difference.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "pop3-utf8-unasked",
    seam: Seam::Gate,
    breaks: &["rfc6856-2.1-3"],
    summary: "a message with header fields in UTF-8 is sent as it is without UTF8",
    mount: |seams| seams.gate.pop3_utf8_needed = || false,
};
