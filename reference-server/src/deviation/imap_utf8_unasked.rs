//! Header fields in UTF-8 are sent to everybody.

use super::{Deviation, Seam};
use crate::imap::Reads;

/// ENABLE UTF8=ACCEPT makes no difference to FETCH.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-utf8-unasked",
    seam: Seam::Gate,
    breaks: &["rfc6855-8-R1"],
    summary: "header fields in UTF-8 are sent as they are without ENABLE UTF8=ACCEPT",
    mount: |seams| seams.gate.imap_header_fields = |_| Reads::Utf8,
};
