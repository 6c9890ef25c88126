//! Any password opens an account that exists.

use super::{Deviation, Seam};

/// A wrong password is as good as the right one.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "auth-any-password",
    seam: Seam::Authentication,
    breaks: &["rfc4954-4-R3", "rfc1939-7-R6"],
    summary: "every password is accepted for an account that exists",
    mount: |seams| seams.authentication.admits = |_| true,
};
