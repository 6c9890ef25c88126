//! SORT DATE goes by the internal date.

use super::{Deviation, Seam};

/// When a message came counts as the date on which it was sent.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-sort-date-by-arrival",
    seam: Seam::Evaluator,
    breaks: &["rfc5256-3-R2"],
    summary: "SORT DATE sorts by the internal date, not by the Date field",
    mount: |seams| seams.evaluator.imap_sort_sent = |facts| facts.arrival(),
};
