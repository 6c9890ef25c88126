//! A session is told of expunged messages at a moment when that is forbidden.

use super::{Deviation, Seam};
use crate::imap::Expunges;

/// They are always told.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-expunge-during-fetch",
    seam: Seam::View,
    breaks: &["rfc3501-7.4.1-1"],
    summary: "EXPUNGE is told while FETCH, STORE or SEARCH is in progress, so that sequence numbers shift under the client",
    mount: |seams| seams.view.imap_expunges = |_| Expunges::Told,
};
