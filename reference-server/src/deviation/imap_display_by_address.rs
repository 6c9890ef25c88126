//! SORT DISPLAYFROM and DISPLAYTO go by the address where there is a name.

use super::{Deviation, Seam};

/// Who has no name is in the right place.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-display-by-address",
    seam: Seam::Evaluator,
    breaks: &["rfc5957-3-R1"],
    summary: "SORT DISPLAYFROM and DISPLAYTO go by the address where there is a name",
    mount: |seams| seams.evaluator.imap_sort_display = |facts, field| facts.bare_address(field),
};
