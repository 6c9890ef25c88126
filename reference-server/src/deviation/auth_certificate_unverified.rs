//! A client certificate is believed whoever signed it.

use super::{Deviation, Seam};

/// Names in certificates are read, and signatures are not looked at.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "auth-certificate-unverified",
    seam: Seam::Authentication,
    breaks: &["rfc4422-A.1-R5"],
    summary: "EXTERNAL believes a client certificate that no authority has signed",
    mount: |seams| seams.authentication.believes_certificate = |_| true,
};
