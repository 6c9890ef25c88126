//! A client of IMAP4rev2 is not told under which name it finds what it has called otherwise.

use super::{Deviation, Seam};
use crate::imap::OldName;

/// Renamed mailboxes are told right.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-oldname-missing",
    seam: Seam::View,
    breaks: &["rfc9051-6.3.9.7-1"],
    summary: "a client of IMAP4rev2 is not told under which name it finds what it has called otherwise",
    mount: |seams| seams.view.imap_old_name_told = |occasion| occasion != OldName::Written,
};
