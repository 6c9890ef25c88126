//! COMPRESS is answered OK where it is active already, and does nothing.

use super::{Deviation, Seam};

/// One layer of it stays.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-compress-twice",
    seam: Seam::Gate,
    breaks: &["rfc4978-3-4"],
    summary: "COMPRESS is answered OK where it is active already, and does nothing",
    mount: |seams| seams.gate.imap_compresses_again = || true,
};
