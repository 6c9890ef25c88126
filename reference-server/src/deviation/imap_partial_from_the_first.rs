//! PARTIAL counts a range with minus signs from the first result.

use super::{Deviation, Seam};

/// As if it had none.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-partial-from-the-first",
    seam: Seam::Evaluator,
    breaks: &["rfc9394-3.1-R2"],
    summary: "PARTIAL counts a range with minus signs from the first result",
    mount: |seams| {
        seams.evaluator.imap_window = |range, count| range.at_the_front().within(count);
    },
};
