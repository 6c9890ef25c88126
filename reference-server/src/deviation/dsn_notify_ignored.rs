//! A failure is reported to who does not want to hear of it.

use super::{Deviation, Seam};
use crate::store::Notify;

/// NOTIFY is taken and forgotten.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "dsn-notify-ignored",
    seam: Seam::Queue,
    breaks: &["rfc3461-5.2.6-2"],
    summary: "a failure is reported to who does not want to hear of it",
    mount: |seams| seams.queue.notify = |_| Notify::default(),
};
