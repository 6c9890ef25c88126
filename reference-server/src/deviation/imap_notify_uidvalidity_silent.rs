//! NOTIFY does not tell that a name stands for another mailbox than before.

use super::{Deviation, Seam};
use crate::store::Happened;

/// A client takes its copies of messages for those of the new mailbox.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-notify-uidvalidity-silent",
    seam: Seam::View,
    breaks: &["rfc5465-5.1-5"],
    summary: "NOTIFY does not tell that the UIDVALIDITY of a name has changed",
    mount: |seams| seams.view.imap_notify = |happened| happened.without(Happened::VALIDITY),
};
