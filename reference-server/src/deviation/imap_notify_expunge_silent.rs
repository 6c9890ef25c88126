//! NOTIFY does not tell that messages of another mailbox were expunged.

use super::{Deviation, Seam};
use crate::store::Happened;

/// As if they were all still there.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-notify-expunge-silent",
    seam: Seam::View,
    breaks: &["rfc5465-5.3-R2"],
    summary: "NOTIFY does not tell that messages of another mailbox were expunged",
    mount: |seams| seams.view.imap_notify = |happened| happened.without(Happened::EXPUNGED),
};
