//! An original recipient goes on as it came, whatever the next server takes.

use super::{Deviation, Seam};

pub(super) const DEVIATION: Deviation = Deviation {
    id: "relay-original-recipient-unaltered",
    seam: Seam::Queue,
    breaks: &["rfc6533-3-8", "rfc6533-3-9"],
    summary: "ORCPT is told in UTF-8 to a server without SMTPUTF8, and with escapes to one with it",
    mount: |seams| seams.queue.original_recipient = |original, _| original.to_owned(),
};
