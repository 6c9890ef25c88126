//! DELE takes effect however the POP3 session ends.

use super::{Deviation, Seam};

/// Every end of a session enters the UPDATE state.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "pop3-update-without-quit",
    seam: Seam::Store,
    breaks: &["rfc1939-6-1"],
    summary: "messages marked by DELE are removed also when the connection ends without QUIT",
    mount: |seams| seams.store.pop3_updates = |_| true,
};
