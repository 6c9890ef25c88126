//! SEARCH passes over NOT.

use super::{Deviation, Seam};

/// NOT changes nothing.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-search-not-ignored",
    seam: Seam::Evaluator,
    breaks: &["rfc3501-6.4.4-R4"],
    summary: "SEARCH NOT finds the messages that match the key, not the others",
    mount: |seams| seams.evaluator.imap_search_not = |matches| matches,
};
