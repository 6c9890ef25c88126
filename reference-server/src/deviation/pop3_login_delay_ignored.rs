//! The delay between logins is announced and not kept.

use super::{Deviation, Seam};
use crate::pop3::policy::Admission;

/// Nobody has to wait.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "pop3-login-delay-ignored",
    seam: Seam::Gate,
    breaks: &["rfc2449-6.5-2"],
    summary: "LOGIN-DELAY is announced, and a login that is too soon is let in",
    mount: |seams| seams.gate.pop3_admits = |_| Admission::Granted,
};
