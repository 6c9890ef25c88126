//! A charset is taken that goes against ENABLE UTF8=ACCEPT.

use super::{Deviation, Seam};

/// SEARCH, SORT and THREAD take a charset as if nothing had been enabled.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-charset-taken",
    seam: Seam::Gate,
    breaks: &["rfc9755-3-8", "rfc9755-3-9"],
    summary: "SEARCH, SORT and THREAD take a charset behind ENABLE UTF8=ACCEPT",
    mount: |seams| seams.gate.imap_charset_agreed = || false,
};
