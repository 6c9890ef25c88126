//! RCPT and DATA are accepted before the commands they need.

use super::{Deviation, Seam};

/// No command is ever out of order.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "smtp-order-ignored",
    seam: Seam::Gate,
    breaks: &["rfc5321-3.3-8"],
    summary: "RCPT before MAIL, and DATA before RCPT, are accepted instead of refused with 503",
    mount: |seams| seams.gate.smtp_order_kept = || false,
};
