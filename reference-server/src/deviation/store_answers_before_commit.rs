//! Changes are confirmed before they are on disk: a crash directly after the answer loses
//! what was promised.

use super::{Deviation, Seam};
use crate::store::AnswerTiming;

/// The answer comes first, the commit seconds later.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "store-answers-before-commit",
    seam: Seam::Store,
    breaks: &["rfc5321-6.1-1"],
    summary: "250 to DATA, OK to APPEND and the like are sent seconds before the commit",
    mount: |seams| seams.store.answer = AnswerTiming::BeforeCommit,
};
