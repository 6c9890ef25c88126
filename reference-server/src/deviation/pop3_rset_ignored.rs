//! RSET answers and leaves the marks.

use super::{Deviation, Seam};

/// Marks stay until the session ends.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "pop3-rset-ignored",
    seam: Seam::Store,
    breaks: &["rfc1939-5-R8"],
    summary: "RSET answers and leaves the marks",
    mount: |seams| seams.store.pop3_rset_unmarks = || false,
};
