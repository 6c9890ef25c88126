//! A binary message may come by DATA.

use super::{Deviation, Seam};

/// DATA is answered by 354.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "smtp-binary-by-data",
    seam: Seam::Gate,
    breaks: &["rfc3030-3-2"],
    summary: "DATA after BODY=BINARYMIME is answered by 354",
    mount: |seams| seams.gate.smtp_binary_by_data = || true,
};
