//! APPEND sets no flags, whatever it is given.

use super::{Deviation, Seam};
use crate::store::Flags;

/// A message is appended as if the command had no flags.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-append-flags-ignored",
    seam: Seam::Store,
    breaks: &["rfc3501-6.3.11-5"],
    summary: "APPEND sets no flags, whatever it is given",
    mount: |seams| seams.store.imap_append_flags = |_| Flags::new(),
};
