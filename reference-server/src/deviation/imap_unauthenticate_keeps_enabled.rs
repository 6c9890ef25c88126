//! What ENABLE has switched on is still on behind UNAUTHENTICATE.

use super::{Deviation, Seam};

/// The user is another one.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-unauthenticate-keeps-enabled",
    seam: Seam::Gate,
    breaks: &["rfc8437-4.1-R1"],
    summary: "what ENABLE has switched on is still on behind UNAUTHENTICATE",
    mount: |seams| seams.gate.imap_keeps_enabled = || true,
};
