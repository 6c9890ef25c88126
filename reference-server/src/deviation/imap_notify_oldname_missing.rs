//! NOTIFY tells a mailbox that was renamed without its name before.

use super::{Deviation, Seam};
use crate::imap::OldName;

/// It is told as a new one.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-notify-oldname-missing",
    seam: Seam::View,
    breaks: &["rfc5465-5.4-R2"],
    summary: "NOTIFY tells a mailbox that was renamed without its name before",
    mount: |seams| seams.view.imap_old_name_told = |occasion| occasion != OldName::Renamed,
};
