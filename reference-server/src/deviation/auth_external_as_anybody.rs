//! Whoever has a client certificate acts as anybody.

use super::{Deviation, Seam};

/// The authorization identity of EXTERNAL is taken, whosever the certificate is.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "auth-external-as-anybody",
    seam: Seam::Authentication,
    breaks: &["rfc4422-A.1-R4"],
    summary: "EXTERNAL lets the holder of one account's certificate act as any account",
    mount: |seams| seams.authentication.admits_identity = |_| true,
};
