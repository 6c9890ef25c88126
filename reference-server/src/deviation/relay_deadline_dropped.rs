//! A deadline is not passed on, nor kept to.

use super::{Deviation, Seam};
use crate::store::Terms;

pub(super) const DEVIATION: Deviation = Deviation {
    id: "relay-deadline-dropped",
    seam: Seam::Queue,
    breaks: &["rfc2852-4.1.4-1", "rfc2852-4.1.4.1-1"],
    summary: "a message with BY goes on without it, also to a server that has no DELIVERBY",
    mount: |seams| seams.queue.terms = |terms| Terms { by: None, ..terms },
};
