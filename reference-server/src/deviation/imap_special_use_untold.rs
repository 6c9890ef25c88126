//! LIST does not tell what mailboxes are for.

use super::{Deviation, Seam};

/// It finds them by it all the same.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-special-use-untold",
    seam: Seam::Renderer,
    breaks: &["rfc6154-2-4"],
    summary: "LIST does not tell what mailboxes are for",
    mount: |seams| seams.renderer.imap_special_uses_told = || false,
};
