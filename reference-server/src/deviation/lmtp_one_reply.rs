//! One reply after the data, however many recipients there are.

use super::{Deviation, Seam};

/// Only the first recipient is answered.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "lmtp-one-reply",
    seam: Seam::Renderer,
    breaks: &["rfc2033-4.2-R1"],
    summary: "LMTP answers the data once, as SMTP does",
    mount: |seams| seams.renderer.lmtp_replies = |_| 1,
};
