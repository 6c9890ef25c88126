//! A search without SAVE takes the place of what was saved.

use super::{Deviation, Seam};

/// `$` is the latest search.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-search-always-saves",
    seam: Seam::Evaluator,
    breaks: &["rfc5182-2.1-2"],
    summary: "a search without SAVE takes the place of what was saved",
    mount: |seams| seams.evaluator.imap_search_saves = |_| true,
};
