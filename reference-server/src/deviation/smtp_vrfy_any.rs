//! VRFY says yes to whoever is asked for.

use super::{Deviation, Seam};

/// The name is given back with 250.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "smtp-vrfy-any",
    seam: Seam::Renderer,
    breaks: &["rfc5321-3.5.3-1"],
    summary: "VRFY answers 250 for users that do not exist",
    mount: |seams| seams.renderer.smtp_vrfy_unknown = || true,
};
