//! The trace field does not say that a message came by SMTPUTF8.

use super::{Deviation, Seam};

/// WITH says ESMTP.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "smtp-utf8-not-told",
    seam: Seam::Renderer,
    breaks: &["rfc6531-3.7.3-R1"],
    summary: "the WITH clause of a message that came with SMTPUTF8 is that of one without",
    mount: |seams| seams.renderer.smtp_protocol = |name| name.replace("UTF8SMTP", "ESMTP"),
};
