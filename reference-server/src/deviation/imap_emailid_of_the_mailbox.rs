//! A message that is copied or moved is another one by its EMAILID.

use super::{Deviation, Seam};

/// The mailbox is part of it.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-emailid-of-the-mailbox",
    seam: Seam::Renderer,
    breaks: &["rfc8474-5.1-2"],
    summary: "EMAILID is another one after COPY and MOVE, so that clients fetch again what they have",
    mount: |seams| {
        seams.renderer.imap_email_number =
            |place| place.mailbox.saturating_mul(1_000_000).saturating_add(place.body);
    },
};
