//! A parameter of MAIL that nobody knows is taken.

use super::{Deviation, Seam};

/// What is not known is ignored.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "smtp-parameter-ignored",
    seam: Seam::Gate,
    breaks: &["rfc5321-4.1.1.11-R1"],
    summary: "MAIL takes parameters that it does not know",
    mount: |seams| seams.gate.smtp_parameters_known = || false,
};
