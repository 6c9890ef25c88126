//! SORT SUBJECT goes by the whole subject, `Re:` and all.

use super::{Deviation, Seam};

/// THREAD has it right.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-sort-subject-with-prefixes",
    seam: Seam::Evaluator,
    breaks: &["rfc5256-2.1-1"],
    summary: "SORT SUBJECT goes by the whole subject, `Re:` and all",
    mount: |seams| seams.evaluator.imap_sort_subject = |facts| facts.whole_subject(),
};
