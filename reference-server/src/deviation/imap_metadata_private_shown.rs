//! A private annotation is everybody's.

use super::{Deviation, Seam};
use crate::store::PrivateOf;

/// GETMETADATA looks at the entries of all users.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-metadata-private-shown",
    seam: Seam::Store,
    breaks: &["rfc5464-3.3-R1"],
    summary: "GETMETADATA tells private annotations of a mailbox to all who may read it",
    mount: |seams| seams.store.imap_private_entries = || PrivateOf::Everybody,
};
