//! LITERAL- is announced and its limit not kept.

use super::{Deviation, Seam};
use crate::imap::Literals;

/// Literals of any size come unasked.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-large-literal-unasked",
    seam: Seam::Gate,
    breaks: &["rfc7888-5-R2", "rfc7888-5-3"],
    summary: "LITERAL- is announced, and a literal of more than 4096 octets is taken unasked",
    mount: |seams| seams.gate.imap_unasked = |_| Literals::Any,
};
