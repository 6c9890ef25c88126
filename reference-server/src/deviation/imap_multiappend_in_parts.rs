//! Of an APPEND of several messages the first ones stay where a later one fails.

use super::{Deviation, Seam};

/// Each is a transaction of its own.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-multiappend-in-parts",
    seam: Seam::Store,
    breaks: &["rfc3502-6.3.11-8"],
    summary: "of an APPEND of several messages the first ones stay where a later one fails",
    mount: |seams| {
        seams.store.imap_appended = |messages| messages.into_iter().map(|message| vec![message]).collect();
    },
};
