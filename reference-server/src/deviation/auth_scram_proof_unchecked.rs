//! Any SCRAM proof opens an account that exists.

use super::{Deviation, Seam};

/// A proof computed from another password is as good as the right one.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "auth-scram-proof-unchecked",
    seam: Seam::Authentication,
    breaks: &["rfc5802-5-R2"],
    summary: "every SCRAM proof is accepted for an account that exists",
    mount: |seams| seams.authentication.admits_proof = |_| true,
};
