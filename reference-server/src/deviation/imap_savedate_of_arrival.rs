//! SAVEDATE tells the internal date.

use super::{Deviation, Seam};

/// Which may be one that the client has given.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-savedate-of-arrival",
    seam: Seam::Renderer,
    breaks: &["rfc8514-3-1"],
    summary: "SAVEDATE tells the internal date",
    mount: |seams| seams.renderer.imap_saved = |message| message.internal_date,
};
