//! BINARY gives a part in its transfer encoding, as BODY does.

use std::borrow::Cow;

use super::{Deviation, Seam};

/// Nothing is undone.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-binary-encoded",
    seam: Seam::Structure,
    breaks: &["rfc3516-4.3-R1"],
    summary: "BINARY gives a part in its transfer encoding, as BODY does",
    mount: |seams| {
        seams.structure.imap_binary = |octets, entity| Some(Cow::Borrowed(entity.body.of(octets)));
    },
};
