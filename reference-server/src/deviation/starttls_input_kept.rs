//! What came in plaintext behind STARTTLS is carried out under TLS.

use super::{Deviation, Seam};
use crate::net::Early;

/// In all protocols.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "starttls-input-kept",
    seam: Seam::Gate,
    breaks: &["rfc3207-4.2-1", "rfc3501-6.2.1-R2", "rfc2595-4-R3"],
    summary: "what came in plaintext behind STARTTLS is carried out under TLS",
    mount: |seams| seams.gate.early_input = || Early::Kept,
};
