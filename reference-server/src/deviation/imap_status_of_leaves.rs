//! LIST RETURN (STATUS …) tells no STATUS of mailboxes with others below.

use super::{Deviation, Seam};

/// Where a tree is taken for a folder of folders.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-status-of-leaves",
    seam: Seam::Renderer,
    breaks: &["rfc5819-2-1"],
    summary: "LIST RETURN (STATUS …) tells no STATUS of mailboxes with others below",
    mount: |seams| seams.renderer.imap_list_status = |has_children| !has_children,
};
