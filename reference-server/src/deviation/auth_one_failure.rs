//! A server without patience for a mistyped password.

use super::{Deviation, Seam};

/// SMTP: the first failed login is the last one.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "auth-one-failure",
    seam: Seam::Authentication,
    breaks: &["rfc4954-9-3"],
    summary: "a failed AUTH ends the connection",
    mount: |seams| seams.authentication.failed_logins = |_| 1,
};
