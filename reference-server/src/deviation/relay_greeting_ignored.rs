//! A greeting and a HELO that are refused are taken for the beginning of a session.

use super::{Deviation, Seam};

pub(super) const DEVIATION: Deviation = Deviation {
    id: "relay-greeting-ignored",
    seam: Seam::Queue,
    breaks: &["rfc5321-4.1.4-1"],
    summary: "mail is sent behind a greeting of 554 and a HELO that was refused",
    mount: |seams| seams.queue.is_welcome = |_| true,
};
