//! The structure of a message counts an octet too many in parts of parts.

use super::{Deviation, Seam};

/// Parts directly below the message are counted right.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-nested-part-octets-off-by-one",
    seam: Seam::Structure,
    breaks: &["rfc3501-7.4.2-R8"],
    summary: "BODY and BODYSTRUCTURE say that a part of a part has one octet more than it has",
    mount: |seams| {
        seams.structure.imap_body_octets = |depth, octets| match depth {
            0 | 1 => octets,
            _ => octets.saturating_add(1),
        };
    },
};
