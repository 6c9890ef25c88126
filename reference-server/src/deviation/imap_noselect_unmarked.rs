//! LIST tells that there is nothing new in a name that cannot be selected.

use super::{Deviation, Seam};

/// As of any mailbox without news.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-noselect-unmarked",
    seam: Seam::Renderer,
    breaks: &["rfc9051-7.3.1-4"],
    summary: "LIST tells \\Unmarked of a name that cannot be selected, beside \\Noselect",
    mount: |seams| seams.renderer.imap_no_mailbox = || &["\\Noselect", "\\Unmarked"],
};
