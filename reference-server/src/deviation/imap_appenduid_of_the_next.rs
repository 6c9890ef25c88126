//! APPENDUID tells the UID that the next message will have.

use super::{Deviation, Seam};

/// Where the counter is read behind the message.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-appenduid-of-the-next",
    seam: Seam::Renderer,
    breaks: &["rfc4315-3-R1"],
    summary: "APPENDUID tells the UID that the next message will have",
    mount: |seams| seams.renderer.imap_append_uid = |uid| uid.saturating_add(1),
};
