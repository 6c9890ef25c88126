//! A REPLACE that fails has removed the message that it should replace.

use super::{Deviation, Seam};
use crate::store::Replaced;

/// One that succeeds fails too, for there is nothing left to replace.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-replace-removes-first",
    seam: Seam::Store,
    breaks: &["rfc8508-3.4-2"],
    summary: "a REPLACE that fails has removed the message that it should replace",
    mount: |seams| seams.store.imap_replaced = || Replaced::First,
};
