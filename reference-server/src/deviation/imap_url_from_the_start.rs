//! A URL with PARTIAL brings octets from the beginning, not from the one that it names.

use super::{Deviation, Seam};
use crate::imap::MessageUrl;

/// As many as it says.
pub(super) const DEVIATION: Deviation = Deviation {
    id: "imap-url-from-the-start",
    seam: Seam::Structure,
    breaks: &["rfc5092-6-R2"],
    summary: "a URL with PARTIAL brings octets from the beginning, not from the one that it names",
    mount: |seams| seams.structure.imap_url = from_the_start,
};

fn from_the_start(mut url: MessageUrl) -> MessageUrl {
    if let Some(partial) = &mut url.partial {
        partial.origin = 0;
    }
    url
}
