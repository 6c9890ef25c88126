//! UID SEARCH gives message numbers.

use super::{Deviation, Seam};
use crate::imap::Numbering;

/// The answer is that to SEARCH.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-uid-search-by-number",
    seam: Seam::Evaluator,
    breaks: &["rfc3501-6.4.8-R1"],
    summary: "UID SEARCH gives message numbers",
    mount: |seams| seams.evaluator.imap_search_numbering = |_| Numbering::Sequence,
};
