//! SEARCH is answered by SEARCH though the client enabled IMAP4rev2.

use super::{Deviation, Seam};

/// The client's revision is forgotten where SEARCH is answered.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-rev2-search-response",
    seam: Seam::Renderer,
    breaks: &["rfc9051-6.4.4-R1"],
    summary: "SEARCH is answered by SEARCH though the client enabled IMAP4rev2",
    mount: |seams| seams.renderer.imap_rev2_esearch = || false,
};
