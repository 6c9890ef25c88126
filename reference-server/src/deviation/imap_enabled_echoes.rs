//! ENABLED tells every name that the client has asked for, known or not.

use super::{Deviation, Seam};

/// What is switched on is the same.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-enabled-echoes",
    seam: Seam::Renderer,
    breaks: &["rfc5161-3.1-1", "rfc5161-3.1-2"],
    summary: "ENABLED tells every name that the client has asked for, known or not",
    mount: |seams| seams.renderer.imap_enabled = |_, asked| asked,
};
